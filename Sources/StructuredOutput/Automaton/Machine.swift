/// Runs a grammar, byte by byte, and remembers every step.
///
/// A state is a set of stacks, because the alternatives of a schema may begin alike. States, and the steps
/// between them, are made when they are first needed. Not thread-safe.
final class Machine {
  /// The state that nothing leads out of, and that no text that fits leads to.
  static let dead: Int32 = 0
  private static let unknown: Int32 = -1
  /// From this many states on, a machine is exchanged for a fresh one.
  private static let manyStates = 1 << 14

  let grammar: Grammar
  private var stacks = Stacks()
  private var states: [[Int32]] = [[]]
  private var numbers: [[Int32]: Int32] = [[]: 0]
  /// `[states, 256]`.
  private var transitions = [Int32](repeating: Machine.dead, count: 256)
  private(set) var start: Int32 = 0

  init(_ grammar: Grammar) {
    self.grammar = grammar
    var found: Set<Int32> = []
    push(grammar.root, on: Stacks.empty, into: &found)
    start = state(found)
  }

  /// Whether it has so many states that a fresh machine should go on.
  var isLarge: Bool { states.count > Self.manyStates }

  // MARK: - States

  /// The state after a byte; `dead` where it does not fit.
  func step(_ state: Int32, _ byte: UInt8) -> Int32 {
    let index = Int(state) << 8 | Int(byte)
    let known = transitions[index]
    if known != Self.unknown { return known }
    var found: Set<Int32> = []
    for stack in states[Int(state)] where stack != Stacks.empty {
      step(stack, byte, into: &found)
    }
    let next = self.state(found)
    transitions[index] = next
    return next
  }

  /// The state after some bytes.
  func step(_ state: Int32, _ bytes: some Sequence<UInt8>) -> Int32 {
    bytes.reduce(state) { step($0, $1) }
  }

  /// Whether the value may end here.
  func accepts(_ state: Int32) -> Bool { states[Int(state)].first == Stacks.empty }

  /// Whether the value must end here.
  func hasEnded(_ state: Int32) -> Bool { states[Int(state)] == [Stacks.empty] }

  /// Bytes of the shortest ending.
  func endingLength(_ state: Int32) -> Int {
    states[Int(state)].map { stacks.length($0) }.min() ?? 0
  }

  /// The shortest bytes that end the value.
  func ending(_ state: Int32) -> [UInt8] {
    let stack = states[Int(state)].min { stacks.length($0) < stacks.length($1) }
    var bytes: [UInt8] = []
    for frame in stacks.frames(stack ?? Stacks.empty) {
      grammar.appendEnding(of: frame, to: &bytes)
    }
    return bytes
  }

  /// A state of another machine for the same grammar, in this one.
  func adopt(_ state: Int32, of other: Machine) -> Int32 {
    var found: Set<Int32> = []
    for stack in other.states[Int(state)] {
      var copy = Stacks.empty
      for frame in other.stacks.frames(stack).reversed() { copy = push(frame, on: copy) }
      found.insert(copy)
    }
    return self.state(found)
  }

  /// How much free text may follow, and the state without the stacks that it is free in.
  ///
  /// - Returns: characters, `.max` where any number is free; nil where there is no free text.
  func freeText(_ state: Int32) -> (characters: Int, others: Int32)? {
    var characters: Int?
    var others: Set<Int32> = []
    for stack in states[Int(state)] {
      if stack != Stacks.empty, let free = freeCharacters(stacks.top(stack)) {
        characters = max(characters ?? 0, free)
      } else {
        others.insert(stack)
      }
    }
    guard let characters else { return nil }
    return (characters, self.state(others))
  }

  private func freeCharacters(_ frame: Frame) -> Int? {
    switch grammar.nodes[Int(frame.node)] {
    case .text(_, let maximum):
      guard frame.part == .inside, frame.position == TextState.between else { return nil }
      return maximum.map { $0 - Int(frame.count) } ?? .max
    case .automaton(let index):
      return grammar.freeStates[index].contains(frame.position) ? .max : nil
    default: return nil
    }
  }

  private func state(_ stacks: Set<Int32>) -> Int32 {
    let sorted = stacks.sorted()
    if let known = numbers[sorted] { return known }
    let number = Int32(states.count)
    states.append(sorted)
    numbers[sorted] = number
    transitions.append(contentsOf: repeatElement(Self.unknown, count: 256))
    return number
  }

  // MARK: - Stacks

  private func push(_ frame: Frame, on parent: Int32) -> Int32 {
    stacks.push(frame, on: parent, length: grammar.endingLength(of: frame))
  }

  /// Adds the stacks in which a value of a node begins.
  private func push(_ node: Int, on parent: Int32, into found: inout Set<Int32>) {
    guard grammar.lengths[node] != nil else { return }
    if case .choice(let kinds) = grammar.nodes[node] {
      for kind in kinds { push(kind, on: parent, into: &found) }
    } else {
      found.insert(push(Frame(node: Int32(node)), on: parent))
    }
  }

  /// Adds the stacks that follow a stack after a byte.
  private func step(_ stack: Int32, _ byte: UInt8, into found: inout Set<Int32>) {
    let (frame, parent) = (stacks.top(stack), stacks.parent(stack))
    switch grammar.nodes[Int(frame.node)] {
    case .choice: break
    case .automaton(let index):
      let automaton = grammar.automata[index]
      var next = frame
      next.position = automaton.next(frame.position, byte)
      guard next.position != DFA.none else { return }
      if automaton.accepts[Int(next.position)] { found.insert(parent) }
      if !automaton.hasEnded(next.position) { found.insert(push(next, on: parent)) }
    case .text(let minimum, let maximum):
      step(frame, on: parent, minimum: minimum, maximum: maximum, byte, into: &found)
    case .array(let rule): step(frame, on: parent, rule, byte, into: &found)
    case .object(let rule): step(frame, on: parent, rule, byte, into: &found)
    }
  }

  private func step(
    _ frame: Frame, on parent: Int32, minimum: Int, maximum: Int?, _ byte: UInt8,
    into found: inout Set<Int32>
  ) {
    let isQuote = byte == UInt8(ascii: "\"")
    var next = frame
    if frame.part == .beginning {
      guard isQuote else { return }
      next.part = .inside
    } else if frame.position == TextState.between, isQuote {
      if frame.count >= minimum { found.insert(parent) }
      return
    } else {
      if frame.position == TextState.between, let maximum, frame.count >= maximum { return }
      next.position = TextState.next(frame.position, byte)
      guard next.position >= 0 else { return }
      if next.position == TextState.between, frame.count < maximum ?? minimum { next.count += 1 }
    }
    found.insert(push(next, on: parent))
  }

  private func step(
    _ frame: Frame, on parent: Int32, _ rule: Grammar.ArrayRule, _ byte: UInt8,
    into found: inout Set<Int32>
  ) {
    let count = Int(frame.count)
    switch (frame.part, byte) {
    case (.beginning, UInt8(ascii: "[")):
      if rule.minimum == 0 {
        found.insert(push(Frame(node: frame.node, part: .opened), on: parent))
      }
      pushElement(0, of: rule, node: frame.node, on: parent, into: &found)
    case (.opened, UInt8(ascii: "]")): found.insert(parent)
    case (.after, UInt8(ascii: "]")) where count >= rule.minimum: found.insert(parent)
    case (.after, UInt8(ascii: ",")):
      pushElement(count, of: rule, node: frame.node, on: parent, into: &found)
    default: break
    }
  }

  private func pushElement(
    _ index: Int, of rule: Grammar.ArrayRule, node: Int32, on parent: Int32,
    into found: inout Set<Int32>
  ) {
    guard index < rule.maximum ?? .max else { return }
    let frame = Frame(node: node, part: .after, count: Int32(min(index + 1, rule.countLimit)))
    // An element must not lead where the array cannot end.
    guard
      ShortestValues.ending(of: rule, after: Int(frame.count), lengths: grammar.lengths) != nil,
      grammar.lengths[rule.element(index)] != nil
    else { return }
    push(rule.element(index), on: push(frame, on: parent), into: &found)
  }

  private func step(
    _ frame: Frame, on parent: Int32, _ rule: Grammar.ObjectRule, _ byte: UInt8,
    into found: inout Set<Int32>
  ) {
    let (first, count) = (Int(frame.position), Int(frame.count))
    switch (frame.part, byte) {
    case (.beginning, UInt8(ascii: "{")):
      if grammar.mayEnd(rule, from: 0, count: 0) {
        found.insert(push(Frame(node: frame.node, part: .opened), on: parent))
      }
      pushNames(from: 0, count: 0, of: rule, node: frame.node, on: parent, into: &found)
    case (.opened, UInt8(ascii: "}")): found.insert(parent)
    case (.after, UInt8(ascii: "}")) where grammar.mayEnd(rule, from: first, count: count):
      found.insert(parent)
    case (.after, UInt8(ascii: ",")):
      pushNames(from: first, count: count, of: rule, node: frame.node, on: parent, into: &found)
    case (.named, UInt8(ascii: ":")):
      var after = frame
      after.part = .after
      after.position = Int32(min(first + 1, rule.members.count))
      push(rule.member(first).value, on: push(after, on: parent), into: &found)
    default: break
    }
  }

  /// Adds the names that may come next: the optional members up to the first required one, or up to the
  /// end and then any other.
  private func pushNames(
    from first: Int, count: Int, of rule: Grammar.ObjectRule, node: Int32, on parent: Int32,
    into found: inout Set<Int32>
  ) {
    guard count < rule.maximum ?? .max else { return }
    let next = min(count + 1, rule.countLimit)
    for index in first..<rule.members.count + rule.others.count {
      let member = rule.member(index)
      let after = min(index + 1, rule.members.count)
      if grammar.lengths[member.value] != nil, grammar.canEnd(rule, from: after, count: next) {
        let frame = Frame(
          node: node, part: .named, position: Int32(index), count: Int32(next))
        push(member.name, on: push(frame, on: parent), into: &found)
      }
      if member.isRequired { return }
    }
  }
}
