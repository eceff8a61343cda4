/// A finite automaton over bytes: which texts a pattern, a number range or a list of values allows.
///
/// Every state can reach the end of a text, so whoever follows it never runs into a dead end.
struct DFA: Sendable {
  /// No next state.
  static let none: Int32 = -1

  /// The class of each of the 256 bytes; bytes of a class are never told apart.
  let classes: [UInt8]
  let classCount: Int
  /// The next state of each state and class, or `none`: `[states, classes]`.
  ///
  /// The first state is 0.
  let transitions: [Int32]
  /// Whether a text may end in a state.
  let accepts: [Bool]
  /// Bytes of the shortest way from each state to the end.
  let distances: [Int32]

  var count: Int { accepts.count }

  func next(_ state: Int32, _ byte: UInt8) -> Int32 {
    transitions[Int(state) * classCount + Int(classes[Int(byte)])]
  }

  /// Whether it is done where it stands: the text has ended and cannot go on.
  func hasEnded(_ state: Int32) -> Bool {
    let row = Int(state) * classCount
    return accepts[Int(state)] && transitions[row..<row + classCount].allSatisfy { $0 == Self.none }
  }

  func matches(_ text: [UInt8]) -> Bool {
    var state: Int32 = 0
    for byte in text {
      state = next(state, byte)
      if state == Self.none { return false }
    }
    return accepts[Int(state)]
  }

  /// The shortest text that leads from a state to the end, the first of equals.
  func ending(from state: Int32) -> [UInt8] {
    var state = state
    var text: [UInt8] = []
    while distances[Int(state)] > 0 {
      let wanted = distances[Int(state)] - 1
      guard
        let byte = (UInt8.min...UInt8.max).first(where: {
          let target = next(state, $0)
          return target != Self.none && distances[Int(target)] == wanted
        })
      else { break }
      text.append(byte)
      state = next(state, byte)
    }
    return text
  }
}

/// Bytes that an automaton tells apart.
struct ByteClasses {
  let classes: [UInt8]
  /// One byte of each class.
  let members: [UInt8]

  /// Bytes are in one class where `signature` gives equal values for them.
  init(_ signature: (UInt8) -> some Hashable) {
    var known: [AnyHashable: UInt8] = [:]
    var classes: [UInt8] = []
    var members: [UInt8] = []
    for byte in UInt8.min...UInt8.max {
      let key = AnyHashable(signature(byte))
      if known[key] == nil {
        known[key] = UInt8(members.count)
        members.append(byte)
      }
      classes.append(known[key] ?? 0)
    }
    self.classes = classes
    self.members = members
  }
}

extension DFA {
  /// Explores all states that can be reached from `start`, and leaves those out that lead nowhere.
  ///
  /// - Parameters:
  ///   - start: the first state.
  ///   - bytes: the bytes that are told apart.
  ///   - budget: what the work is taken off.
  ///   - accepts: whether a text may end in a state.
  ///   - step: the state after a byte; nil where the byte is not allowed.
  /// - Returns: nil where no text is allowed.
  /// - Throws: `SchemaError.tooLarge` where there are too many states.
  static func explore<State: Hashable>(
    _ start: State, _ bytes: ByteClasses, budget: inout Budget,
    accepts: (State) -> Bool, step: (State, UInt8) -> State?
  ) throws(SchemaError) -> DFA? {
    try explore(
      start, bytes, budget: &budget, accepts: accepts,
      successors: { (state, _) throws(SchemaError) in bytes.members.map { step(state, $0) } })
  }

  /// The same, where the states after all classes of bytes are found together.
  static func explore<State: Hashable>(
    _ start: State, _ bytes: ByteClasses, budget: inout Budget, accepts: (State) -> Bool,
    successors: (State, inout Budget) throws(SchemaError) -> [State?]
  ) throws(SchemaError) -> DFA? {
    var known = [start: Int32(0)]
    var states = [start]
    var transitions: [Int32] = []
    var index = 0
    while index < states.count {
      try budget.spend(bytes.members.count)
      for target in try successors(states[index], &budget) {
        guard let target else {
          transitions.append(none)
          continue
        }
        if let number = known[target] {
          transitions.append(number)
          continue
        }
        guard states.count < Budget.states else {
          throw .tooLarge(.automatonStates, limit: Budget.states)
        }
        known[target] = Int32(states.count)
        transitions.append(Int32(states.count))
        states.append(target)
      }
      index += 1
    }
    return DFA(
      classes: bytes.classes, classCount: bytes.members.count, transitions: transitions,
      accepts: states.map(accepts))
  }

  /// Numbers the states anew without those from which no text ends; nil where the first is one.
  private init?(classes: [UInt8], classCount: Int, transitions: [Int32], accepts: [Bool]) {
    let distances = Self.distances(transitions, classCount: classCount, accepts: accepts)
    guard distances[0] >= 0 else { return nil }
    var numbers = [Int32](repeating: Self.none, count: accepts.count)
    var kept: [Int] = []
    for state in accepts.indices where distances[state] >= 0 {
      numbers[state] = Int32(kept.count)
      kept.append(state)
    }
    self.classes = classes
    self.classCount = classCount
    self.transitions = kept.flatMap { state in
      transitions[state * classCount..<(state + 1) * classCount].map {
        $0 == Self.none ? Self.none : numbers[Int($0)]
      }
    }
    self.accepts = kept.map { accepts[$0] }
    self.distances = kept.map { distances[$0] }
  }

  /// Bytes from each state to the nearest end; −1 where there is none.
  private static func distances(
    _ transitions: [Int32], classCount: Int, accepts: [Bool]
  ) -> [Int32] {
    var sources = [[Int32]](repeating: [], count: accepts.count)
    for (index, target) in transitions.enumerated() where target != none {
      sources[Int(target)].append(Int32(index / classCount))
    }
    var distances = accepts.map { $0 ? Int32(0) : none }
    var queue = accepts.indices.filter { accepts[$0] }
    var index = 0
    while index < queue.count {
      let state = queue[index]
      index += 1
      for source in sources[state] where distances[Int(source)] < 0 {
        distances[Int(source)] = distances[state] + 1
        queue.append(Int(source))
      }
    }
    return distances
  }
}
