/// Makes a grammar of a schema.
///
/// A node of the grammar stands for a conjunction of subschemas, so that `allOf`, `$ref` beside other
/// keywords, and names that several keywords speak about need nothing of their own. Nodes are made when
/// they are first asked for; a recursion meets the node that is there already.
struct SchemaCompiler {
  private static let maximumNodes = 1 << 14

  var reader: SubschemaReader
  var strings = StringAutomata()
  var budget = Budget()
  private var nodes: [Grammar.Node] = []
  private var automata: [DFA] = []
  private var known: [Conjunction: Int] = [:]
  /// Conjunctions whose nodes are reserved, but not made.
  private var queue: [(Conjunction, node: Int)] = []
  /// Nodes that must not have a value, because a `oneOf` would have two that fit.
  private var disjoint: [(node: Int, schema: Int)] = []
  private var textNodes: [StringAutomata.Rule: Int] = [:]
  private var numberNodes: [NumberRule: Int?] = [:]

  /// The grammar of a schema.
  static func compile(_ schema: OrderedJSON) throws(SchemaError) -> Grammar {
    var compiler = SchemaCompiler(reader: SubschemaReader(schema))
    let root = try compiler.node(Conjunction(schemas: [0]))
    while let (conjunction, node) = compiler.queue.popLast() {
      compiler.nodes[node] = .choice(try compiler.kinds(conjunction))
    }
    let grammar = try Grammar(
      nodes: compiler.nodes, automata: compiler.automata, root: root, budget: &compiler.budget)
    for (node, schema) in compiler.disjoint where grammar.lengths[node] != nil {
      throw .unsupported(
        keyword: "oneOf", at: compiler.reader.document.place(schema),
        detail: "a value may fit two of the alternatives")
    }
    guard let length = grammar.lengths[root] else { throw .unsatisfiable }
    guard length <= Grammar.maximumLength else {
      throw .tooLarge(.shortestAnswer, limit: Grammar.maximumLength)
    }
    return grammar
  }

  init(reader: SubschemaReader) { self.reader = reader }

  // MARK: - Nodes

  /// The node of a conjunction.
  mutating func node(_ conjunction: Conjunction) throws(SchemaError) -> Int {
    if let node = known[conjunction] { return node }
    let node = try add(.choice([]))
    known[conjunction] = node
    queue.append((conjunction, node))
    return node
  }

  mutating func add(_ node: Grammar.Node) throws(SchemaError) -> Int {
    guard nodes.count < Self.maximumNodes else {
      throw .tooLarge(.subschemas, limit: Self.maximumNodes)
    }
    nodes.append(node)
    return nodes.count - 1
  }

  /// The node of an automaton; nil where there is none.
  mutating func add(_ automaton: DFA?) throws(SchemaError) -> Int? {
    guard let automaton else { return nil }
    try budget.spend(automaton.transitions.count)
    automata.append(automaton)
    return try add(.automaton(automata.count - 1))
  }

  /// The node of strings; nil where none fits.
  mutating func node(_ rule: StringAutomata.Rule) throws(SchemaError) -> Int? {
    if let known = textNodes[rule] { return known }
    if let maximum = rule.maximum, maximum < rule.minimum { return nil }
    let node: Int?
    if rule.patterns.isEmpty {
      node = try add(.text(minimum: rule.minimum, maximum: rule.maximum))
    } else {
      node = try add(try strings.content(rule, budget: &budget)?.quoted(budget: &budget))
    }
    textNodes[rule] = node
    return node
  }

  // MARK: - Kinds of values

  /// The nodes of the kinds of values that a conjunction allows.
  private mutating func kinds(_ conjunction: Conjunction) throws(SchemaError) -> [Int] {
    let expansion = try Expansion(conjunction, &reader, budget: &budget)
    var found: [Int] = []
    for numbers in expansion.alternatives {
      var schemas: [Subschema] = []
      for number in numbers { schemas.append(try reader.read(number)) }
      found += try kinds(schemas, numbers: numbers)
    }
    for (pair, schema) in expansion.disjoint {
      var facts = QuickFacts(reader: reader, budget: budget)
      let isEmpty = try facts.isEmpty(pair)
      budget = facts.budget
      if isEmpty { continue }
      disjoint.append((try node(pair), schema))
    }
    return found
  }

  private mutating func kinds(
    _ schemas: [Subschema], numbers: [Int]
  ) throws(SchemaError) -> [Int] {
    let types = schemas.reduce(ValueTypes.all) { $0.intersection($1.types) }
    var number = NumberRule()
    number.isInteger = !types.contains(.fraction)
    for schema in schemas { try number.add(schema.number) }
    let text = StringAutomata.Rule(schemas)
    if let first = schemas.first(where: { $0.values != nil })?.values {
      let filter = ValueFilter(
        schemas: schemas, numbers: numbers, types: types, number: number, text: text)
      let values = try filter.values(first, compiler: &self)
      return try add(try DFA.literals(values.map(\.compact), budget: &budget)).map { [$0] } ?? []
    }
    var found: [Int] = []
    var words: [OrderedJSON] = types.contains(.null) ? [.null] : []
    if types.contains(.boolean) { words += [.bool(true), .bool(false)] }
    if !words.isEmpty, let node = try literalNode(words) { found.append(node) }
    if types.contains(.integer), let node = try numberNode(number) { found.append(node) }
    if types.contains(.string), let node = try node(text) { found.append(node) }
    if types.contains(.array), let rule = try arrayRule(schemas) {
      found.append(try add(.array(rule)))
    }
    if types.contains(.object), let rule = try objectRule(schemas) {
      found.append(try add(.object(rule)))
    }
    return found
  }

  private mutating func literalNode(_ values: [OrderedJSON]) throws(SchemaError) -> Int? {
    try add(try DFA.literals(values.map(\.compact), budget: &budget))
  }

  private mutating func numberNode(_ rule: NumberRule) throws(SchemaError) -> Int? {
    if let known = numberNodes[rule] { return known }
    let node = try add(try NumberAutomaton.make(rule, budget: &budget))
    numberNodes[rule] = node
    return node
  }

  private mutating func arrayRule(
    _ schemas: [Subschema]
  ) throws(SchemaError) -> Grammar.ArrayRule? {
    let minimum = schemas.map(\.minItems).max() ?? 0
    let maximum = schemas.compactMap(\.maxItems).min()
    if let maximum, maximum < minimum { return nil }
    var prefix: [Int] = []
    for index in 0..<(schemas.map(\.prefix.count).max() ?? 0) {
      let parts = schemas.compactMap { index < $0.prefix.count ? $0.prefix[index] : $0.rest }
      prefix.append(try node(Conjunction(schemas: parts)))
    }
    let rest = try node(Conjunction(schemas: schemas.compactMap(\.rest)))
    return Grammar.ArrayRule(minimum: minimum, maximum: maximum, prefix: prefix, rest: rest)
  }
}

extension NumberRule {
  /// Holds numbers to another rule, too.
  fileprivate mutating func add(_ other: NumberRule) throws(SchemaError) {
    if let lower = other.lower { raise(lower) }
    if let upper = other.upper { reduce(upper) }
    guard let second = other.divisor else { return }
    guard let first = divisor else {
      divisor = second
      return
    }
    var (large, small) = (max(first, second), min(first, second))
    while small > 0 { (large, small) = (small, large % small) }
    let common = first / large * second
    guard common <= Self.maximumDivisor else {
      throw .tooLarge(.divisor, limit: Self.maximumDivisor)
    }
    divisor = common
  }
}
