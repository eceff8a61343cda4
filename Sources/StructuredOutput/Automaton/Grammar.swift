/// What a value may be: a pushdown automaton over bytes, whose nodes are the kinds of values.
///
/// Objects have their properties in the order of the schema, optional ones may be left out, and others
/// come last. There is no white space.
package final class Grammar: Sendable {
  /// A kind of values.
  enum Node: Sendable {
    /// One of several kinds, none of which is a choice.
    case choice([Int])
    /// What an automaton accepts: literals, numbers, strings with a pattern.
    case automaton(Int)
    /// A string of so many characters.
    case text(minimum: Int, maximum: Int?)
    case array(ArrayRule)
    case object(ObjectRule)
  }

  /// Arrays of `minimum` to `maximum` elements.
  struct ArrayRule: Sendable {
    let minimum: Int
    let maximum: Int?
    /// The nodes of the first elements.
    let prefix: [Int]
    /// The node of all others.
    let rest: Int

    /// The node of an element.
    func element(_ index: Int) -> Int { index < prefix.count ? prefix[index] : rest }
    /// The count from which on all counts are alike.
    var countLimit: Int { maximum ?? max(minimum, prefix.count) }
  }

  /// Objects of `minimum` to `maximum` members.
  struct ObjectRule: Sendable {
    struct Member: Sendable {
      /// The node of the name with its quotation marks.
      let name: Int
      let value: Int
      let isRequired: Bool
    }

    /// Members with a known name, in their order.
    let members: [Member]
    /// Kinds of further members, of which there may be any number.
    let others: [Member]
    let minimum: Int
    let maximum: Int?

    /// The count from which on all counts are alike.
    var countLimit: Int { maximum ?? minimum }
    /// A member, or a kind of further ones.
    func member(_ index: Int) -> Member {
      index < members.count ? members[index] : others[index - members.count]
    }
  }

  let nodes: [Node]
  let automata: [DFA]
  /// The states of each automaton from which any text may follow.
  let freeStates: [Set<Int32>]
  /// Bytes of the shortest value of each node; nil where there is none.
  let lengths: [Int?]
  let root: Int

  /// The longest of the shortest answers that is accepted.
  static let maximumLength = 1 << 14

  init(nodes: [Node], automata: [DFA], root: Int, budget: inout Budget) throws(SchemaError) {
    self.nodes = nodes
    self.automata = automata
    freeStates = automata.map(\.freeStates)
    self.root = root
    var shortest = ShortestValues(nodes: nodes, automata: automata)
    try shortest.compute(budget: &budget)
    lengths = shortest.lengths
  }
}
