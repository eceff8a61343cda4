/// The shortest bytes that end what has begun.
extension Grammar {
  /// A shortest value, as JSON.
  package var shortestValue: [UInt8] {
    var bytes: [UInt8] = []
    appendValue(of: root, to: &bytes)
    return bytes
  }

  /// Whether an object may end when the next member could be `first`, and it has `count`.
  func mayEnd(_ rule: ObjectRule, from first: Int, count: Int) -> Bool {
    count >= rule.minimum
      && !rule.members[min(first, rule.members.count)...].contains(where: \.isRequired)
  }

  /// Whether an object can end at all when the next member could be `first`, and it has `count`.
  func canEnd(_ rule: ObjectRule, from first: Int, count: Int) -> Bool {
    // The required members have values, or there would be no object.
    if rule.minimum == 0, rule.maximum == nil { return true }
    return ShortestValues.ending(of: rule, from: first, count: count, lengths: lengths) != nil
  }

  /// How many bytes a frame needs, without those of what is on top of it.
  func endingLength(of frame: Frame) -> Int {
    switch nodes[Int(frame.node)] {
    case .choice: return 0
    case .automaton(let index): return Int(automata[index].distances[Int(frame.position)])
    case .text(let minimum, _):
      if frame.part == .beginning { return minimum + 2 }
      let ending = TextState.endings[Int(frame.position)].count
      let characters = Int(frame.count) + (ending > 0 ? 1 : 0)
      return ending + max(0, minimum - characters) + 1
    case .array(let rule):
      if frame.part == .beginning { return lengths[Int(frame.node)] ?? 0 }
      return ShortestValues.ending(of: rule, after: Int(frame.count), lengths: lengths) ?? 0
    case .object(let rule):
      let (first, count) = (Int(frame.position), Int(frame.count))
      switch frame.part {
      case .beginning: return lengths[Int(frame.node)] ?? 0
      case .named:
        let value = lengths[rule.member(first).value] ?? 0
        let after = min(first + 1, rule.members.count)
        let ending = ShortestValues.ending(of: rule, from: after, count: count, lengths: lengths)
        return 1 + value + (ending ?? 0)
      default:
        return ShortestValues.ending(of: rule, from: first, count: count, lengths: lengths) ?? 0
      }
    }
  }

  /// Appends the bytes that end a frame.
  func appendEnding(of frame: Frame, to bytes: inout [UInt8]) {
    let node = Int(frame.node)
    switch nodes[node] {
    case .choice: break
    case .automaton(let index): bytes += automata[index].ending(from: frame.position)
    case .text(let minimum, _):
      if frame.part == .beginning { bytes.append(UInt8(ascii: "\"")) }
      let ending = TextState.endings[Int(frame.position)]
      bytes += ending
      let characters = Int(frame.count) + (ending.isEmpty ? 0 : 1)
      bytes += Array(repeating: UInt8(ascii: " "), count: max(0, minimum - characters))
      bytes.append(UInt8(ascii: "\""))
    case .array(let rule):
      if frame.part == .beginning { bytes.append(UInt8(ascii: "[")) }
      for index in Int(frame.count)..<max(Int(frame.count), rule.minimum) {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        appendValue(of: rule.element(index), to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let rule): appendEnding(of: frame, rule, to: &bytes)
    }
  }

  private func appendEnding(of frame: Frame, _ rule: ObjectRule, to bytes: inout [UInt8]) {
    var first = Int(frame.position)
    var needsComma = frame.part == .after
    switch frame.part {
    case .beginning: bytes.append(UInt8(ascii: "{"))
    case .named:
      bytes.append(UInt8(ascii: ":"))
      appendValue(of: rule.member(first).value, to: &bytes)
      first = min(first + 1, rule.members.count)
      needsComma = true
    default: break
    }
    let needed = ShortestValues.needs(
      of: rule, from: first, count: Int(frame.count), lengths: lengths)
    for index in needed ?? [] {
      let member = rule.member(index)
      if needsComma { bytes.append(UInt8(ascii: ",")) }
      needsComma = true
      appendValue(of: member.name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      appendValue(of: member.value, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  /// Appends the shortest value of a node.
  private func appendValue(of node: Int, to bytes: inout [UInt8]) {
    if case .choice(let kinds) = nodes[node] {
      let shortest = kinds.filter { lengths[$0] != nil }.min { lengths[$0] ?? 0 < lengths[$1] ?? 0 }
      if let shortest { appendValue(of: shortest, to: &bytes) }
    } else {
      appendEnding(of: Frame(node: Int32(node)), to: &bytes)
    }
  }
}
