/// The length of the shortest value of every node of a grammar.
struct ShortestValues {
  /// Lengths above this count as this.
  private static let limit = 1 << 40

  let nodes: [Grammar.Node]
  let automata: [DFA]
  private(set) var lengths: [Int?]

  init(nodes: [Grammar.Node], automata: [DFA]) {
    self.nodes = nodes
    self.automata = automata
    lengths = Array(repeating: nil, count: nodes.count)
  }

  /// Repeats until nothing changes: what a recursion without end leads to never gets a length.
  mutating func compute(budget: inout Budget) throws(SchemaError) {
    let work = nodes.reduce(0) { $0 + Self.work(for: $1) }
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      try budget.spend(work)
      // Parts mostly have larger numbers than the whole.
      for index in nodes.indices.reversed() {
        let length = length(nodes[index])
        if length != lengths[index] {
          lengths[index] = length
          hasChanged = true
        }
      }
    }
  }

  /// How many steps it takes to find a node's length.
  private static func work(for node: Grammar.Node) -> Int {
    switch node {
    case .choice(let nodes): nodes.count
    case .automaton, .text: 1
    case .array(let rule): 1 + min(rule.minimum, rule.prefix.count)
    case .object(let rule): 1 + rule.members.count + rule.minimum
    }
  }

  private func length(_ node: Grammar.Node) -> Int? {
    switch node {
    case .choice(let nodes): return nodes.compactMap { lengths[$0] }.min()
    case .automaton(let automaton): return Int(automata[automaton].distances[0])
    case .text(let minimum, _): return minimum + 2
    case .array(let rule):
      guard let length = Self.ending(of: rule, after: 0, lengths: lengths) else { return nil }
      // Without a comma in front of the first element.
      return min(Self.limit, 1 + length - (rule.minimum > 0 ? 1 : 0))
    case .object(let rule):
      guard
        let length = Self.ending(of: rule, from: 0, count: 0, lengths: lengths)
      else { return nil }
      return min(Self.limit, length == 1 ? 2 : length)
    }
  }

  /// Bytes that an array of `count` elements still needs, with a comma in front of each element.
  static func ending(of rule: Grammar.ArrayRule, after count: Int, lengths: [Int?]) -> Int? {
    guard count < rule.minimum else { return 1 }
    var sum = 1
    for index in count..<max(count, min(rule.minimum, rule.prefix.count)) {
      guard let length = lengths[rule.element(index)] else { return nil }
      sum = min(limit, sum + 1 + length)
    }
    let others = rule.minimum - max(count, rule.prefix.count)
    if others > 0 {
      guard let length = lengths[rule.rest] else { return nil }
      sum = min(limit, sum + others * min(limit >> 20, 1 + length))
    }
    return sum
  }

  /// The members that an object still needs when the next one may be `first`, and it has `count`; nil
  /// where it cannot end.
  static func needs(
    of rule: Grammar.ObjectRule, from first: Int, count: Int, lengths: [Int?]
  ) -> [Int]? {
    var needed: [Int] = []
    var optional: [Int] = []
    for index in first..<max(first, rule.members.count) {
      let member = rule.members[index]
      if member.isRequired {
        guard lengths[member.value] != nil else { return nil }
        needed.append(index)
      } else if lengths[member.value] != nil {
        optional.append(index)
      }
    }
    if let maximum = rule.maximum, count + needed.count > maximum { return nil }
    var missing = rule.minimum - count - needed.count
    if missing > 0 {
      let taken = optional.prefix(missing)
      needed = (needed + taken).sorted()
      missing -= taken.count
    }
    if missing > 0 {
      guard
        let other = rule.others.indices.first(where: { lengths[rule.others[$0].value] != nil })
      else { return nil }
      needed += Array(repeating: rule.members.count + other, count: missing)
    }
    return needed
  }

  /// Bytes that an object still needs, with a comma in front of each member.
  static func ending(
    of rule: Grammar.ObjectRule, from first: Int, count: Int, lengths: [Int?]
  ) -> Int? {
    guard let needed = needs(of: rule, from: first, count: count, lengths: lengths) else {
      return nil
    }
    var sum = 1
    for index in needed {
      let member = rule.member(index)
      guard let name = lengths[member.name], let value = lengths[member.value] else { return nil }
      sum = min(limit, sum + 2 + name + value)
    }
    return sum
  }
}
