/// Schemas that a value is held to all at once.
struct Conjunction: Hashable, Sendable {
  /// A schema, or its own keywords without those that combine others.
  struct Part: Hashable, Comparable, Sendable {
    let schema: Int
    var isLocal = false

    static func < (left: Part, right: Part) -> Bool {
      (left.schema, left.isLocal ? 1 : 0) < (right.schema, right.isLocal ? 1 : 0)
    }
  }

  /// Sorted, each once.
  let parts: [Part]

  init(_ parts: some Sequence<Part>) { self.parts = Set(parts).sorted() }
  init(schemas: [Int]) { self.init(schemas.map { Part(schema: $0) }) }
}

/// Turns a conjunction into alternatives of schemas that combine nothing further.
struct Expansion {
  /// The most alternatives at one place.
  static let maximumAlternatives = 256

  /// What is still to be done for an alternative.
  private enum Task {
    /// Look at a part that the schemas of `chain` lead to in place.
    case open(Conjunction.Part, chain: Set<Int>)
    /// Add a schema whose combined ones were added before it.
    case close(Int)
  }

  /// An alternative on the way.
  private struct Step {
    var seen: Set<Int> = []
    var schemas: [Int] = []
    /// The next one last.
    var tasks: [Task]
  }

  /// The alternatives, each the numbers of schemas of which the own keywords count.
  ///
  /// What a schema refers to or combines comes before it, as do the properties that it brings along.
  private(set) var alternatives: [[Int]] = []
  /// Pairs of `oneOf` that no value may fit both of, and the schema that has the keyword.
  private(set) var disjoint: [(Conjunction, schema: Int)] = []
  private var collected: Set<Int> = []

  init(
    _ conjunction: Conjunction, _ reader: inout SubschemaReader, budget: inout Budget
  ) throws(SchemaError) {
    var steps = [Step(tasks: conjunction.parts.reversed().map { .open($0, chain: []) })]
    var found: Set<[Int]> = []
    while var step = steps.popLast() {
      guard let task = step.tasks.popLast() else {
        if found.insert(step.schemas.sorted()).inserted { alternatives.append(step.schemas) }
        continue
      }
      guard steps.count + alternatives.count < Self.maximumAlternatives else {
        throw .tooLarge(.alternatives, limit: Self.maximumAlternatives)
      }
      try budget.spend(16 + step.tasks.count)
      switch task {
      case .close(let number):
        step.schemas.append(number)
        steps.append(step)
      case .open(let part, let chain):
        try open(part, chain: chain, step, &steps, &reader)
      }
    }
  }

  /// Takes a part apart, and puts the alternatives that come of it on the steps.
  private mutating func open(
    _ part: Conjunction.Part, chain: Set<Int>, _ step: Step, _ steps: inout [Step],
    _ reader: inout SubschemaReader
  ) throws(SchemaError) {
    let number = part.schema
    let schema = try reader.read(number)
    // Nothing fits it, so nothing fits the alternative.
    guard !schema.types.isEmpty, schema.values?.isEmpty != true else { return }
    // What leads to itself in place has no meaning.
    guard !chain.contains(number) else {
      let place = reader.document.place(number)
      throw .unresolved(reference: place, at: place)
    }
    var step = step
    guard step.seen.insert(number).inserted else {
      steps.append(step)
      return
    }
    step.tasks.append(.close(number))
    var opened = [step]
    if !part.isLocal {
      collectPairs(of: schema, number: number)
      let chain = chain.union([number])
      for children in [schema.anyOf, schema.oneOf] {
        guard let children else { continue }
        opened = opened.flatMap { step in
          children.map { child in
            var next = step
            next.tasks.append(.open(Conjunction.Part(schema: child), chain: chain))
            return next
          }
        }
      }
      let combined = (schema.reference.map { [$0] } ?? []) + schema.allOf
      for index in opened.indices {
        opened[index].tasks += combined.reversed().map {
          .open(Conjunction.Part(schema: $0), chain: chain)
        }
      }
    }
    // The first alternative is looked at first.
    steps += opened.reversed()
  }

  /// Notes the alternatives of `oneOf` that must exclude each other.
  private mutating func collectPairs(of schema: Subschema, number: Int) {
    guard let children = schema.oneOf, collected.insert(number).inserted else { return }
    let own = Conjunction.Part(schema: number, isLocal: true)
    for (index, first) in children.enumerated() {
      for second in children[(index + 1)...] {
        let pair = [first, second].map { Conjunction.Part(schema: $0) }
        disjoint.append((Conjunction(pair + [own]), number))
      }
    }
  }
}
