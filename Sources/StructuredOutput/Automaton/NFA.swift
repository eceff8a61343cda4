/// An automaton with choices, as it follows from a regular expression; a step on the way to a `DFA`.
///
/// Its bytes are those of a JSON string's content. Construction: Thompson, "Regular Expression Search
/// Algorithm" (1968).
struct NFA {
  private struct Edge {
    let bytes: ClosedRange<UInt8>
    let target: Int32
  }

  /// When a step without bytes may be taken.
  private enum Condition { case always, atStart, atEnd }

  private static let maximumStates = 1 << 15

  private var edges: [[Edge]] = []
  private var silent: [[(Condition, Int32)]] = []
  private let final: Int32

  /// An automaton for the texts that match as a whole.
  init(_ regex: Regex, budget: inout Budget) throws(SchemaError) {
    final = 0
    edges = [[]]
    silent = [[]]
    start = 0
    start = try add(regex, before: final, budget: &budget)
  }

  private var start: Int32

  private mutating func makeState() throws(SchemaError) -> Int32 {
    guard edges.count < Self.maximumStates else {
      throw .tooLarge(.automatonStates, limit: Self.maximumStates)
    }
    edges.append([])
    silent.append([])
    return Int32(edges.count - 1)
  }

  private mutating func connect(_ state: Int32, _ condition: Condition, to target: Int32) {
    silent[Int(state)].append((condition, target))
  }

  /// Adds an expression that ends in `target`; returns where it begins.
  private mutating func add(
    _ regex: Regex, before target: Int32, budget: inout Budget
  ) throws(SchemaError) -> Int32 {
    try budget.spend(1)
    switch regex {
    case .characters(let set): return try add(set, before: target)
    case .sequence(let parts):
      var next = target
      for part in parts.reversed() { next = try add(part, before: next, budget: &budget) }
      return next
    case .choice(let alternatives):
      let state = try makeState()
      for alternative in alternatives {
        connect(state, .always, to: try add(alternative, before: target, budget: &budget))
      }
      return state
    case .start, .end:
      let state = try makeState()
      if case .start = regex {
        connect(state, .atStart, to: target)
      } else {
        connect(state, .atEnd, to: target)
      }
      return state
    case .repeated(let inner, let minimum, let maximum):
      var next = target
      if let maximum {
        for _ in 0..<maximum - minimum {
          let state = try makeState()
          connect(state, .always, to: try add(inner, before: next, budget: &budget))
          connect(state, .always, to: target)
          next = state
        }
      } else {
        let loop = try makeState()
        connect(loop, .always, to: try add(inner, before: loop, budget: &budget))
        connect(loop, .always, to: target)
        next = loop
      }
      for _ in 0..<minimum { next = try add(inner, before: next, budget: &budget) }
      return next
    }
  }

  /// Adds one character; its spellings share what they have in common at the end.
  private mutating func add(
    _ set: CharacterSet, before target: Int32
  ) throws(SchemaError) -> Int32 {
    let first = try makeState()
    var known: [[ClosedRange<UInt8>]: Int32] = [[]: target]
    for range in set.ranges {
      for sequence in StringSpelling.sequences(range) {
        var tail: [ClosedRange<UInt8>] = []
        for bytes in sequence[1...].reversed() {
          guard let next = known[tail] else { break }
          tail.insert(bytes, at: 0)
          if known[tail] == nil {
            let state = try makeState()
            edges[Int(state)].append(Edge(bytes: bytes, target: next))
            known[tail] = state
          }
        }
        if let next = known[tail] {
          edges[Int(first)].append(Edge(bytes: sequence[0], target: next))
        }
      }
    }
    return first
  }

  // MARK: - Determinization

  /// A state of the deterministic automaton.
  ///
  /// The beginning is one of its own, because conditions hold there that do not hold later.
  private struct Subset: Hashable {
    let isStart: Bool
    let states: [Int32]
  }

  /// The subset construction; nil where nothing matches.
  func determinized(budget: inout Budget) throws(SchemaError) -> DFA? {
    // Bytes are told apart where an edge begins or ends.
    var isBorder = [Bool](repeating: false, count: 257)
    for edge in edges.joined() {
      isBorder[Int(edge.bytes.lowerBound)] = true
      isBorder[Int(edge.bytes.upperBound) + 1] = true
    }
    var place = 0
    let places = (0..<256).map { byte in
      if isBorder[byte], byte > 0 { place += 1 }
      return place
    }
    let bytes = ByteClasses { places[Int($0)] }
    var search = ClosureSearch(count: edges.count)
    let first = Subset(isStart: true, states: closure([start], [.always, .atStart], &search))
    return try DFA.explore(
      first, bytes, budget: &budget,
      accepts: { subset in
        closure(
          subset.states, subset.isStart ? [.always, .atStart, .atEnd] : [.always, .atEnd], &search
        ).contains(final)
      },
      successors: { (subset, budget) throws(SchemaError) in
        var targets = [[Int32]](repeating: [], count: bytes.members.count)
        for state in subset.states {
          for edge in edges[Int(state)] {
            let range =
              places[Int(edge.bytes.lowerBound)]...places[Int(edge.bytes.upperBound)]
            try budget.spend(range.count)
            for place in range { targets[place].append(edge.target) }
          }
        }
        var known: [[Int32]: Subset] = [:]
        var found: [Subset?] = []
        for states in targets {
          if states.isEmpty {
            found.append(nil)
          } else if let subset = known[states] {
            found.append(subset)
          } else {
            let all = closure(states, [.always], &search)
            try budget.spend(all.count)
            let subset = Subset(isStart: false, states: all)
            known[states] = subset
            found.append(subset)
          }
        }
        return found
      })
  }

  /// The states that are reached without bytes, sorted.
  private func closure(
    _ states: [Int32], _ conditions: [Condition], _ search: inout ClosureSearch
  ) -> [Int32] {
    search.begin()
    for state in states { search.add(state) }
    while let state = search.next() {
      for (condition, target) in silent[Int(state)] where conditions.contains(condition) {
        search.add(target)
      }
    }
    return search.found.sorted()
  }
}

/// Memory for closures: a mark a state.
private struct ClosureSearch {
  private var marks: [Int]
  private var round = 0
  private(set) var found: [Int32] = []
  private var position = 0

  init(count: Int) { marks = Array(repeating: 0, count: count) }

  mutating func begin() {
    round += 1
    found.removeAll(keepingCapacity: true)
    position = 0
  }

  mutating func add(_ state: Int32) {
    guard marks[Int(state)] != round else { return }
    marks[Int(state)] = round
    found.append(state)
  }

  mutating func next() -> Int32? {
    guard position < found.count else { return nil }
    position += 1
    return found[position - 1]
  }
}
