/// A place in a value that has begun.
struct Frame: Hashable {
  enum Part: UInt8 {
    /// In front of the first byte, or, of an automaton, anywhere.
    case beginning
    /// After the opening bracket or brace, where the closing one may follow.
    case opened
    /// In a string.
    case inside
    /// Between a name and its colon.
    case named
    /// After an element or a member.
    case after
  }

  let node: Int32
  var part = Part.beginning
  /// The state of an automaton or a string, the index of a member.
  var position: Int32 = 0
  /// Characters, elements or members so far, up to the number from which on all are alike.
  var count: Int32 = 0
}

/// All values around a place, as lists that share what is common; each is known by a number.
struct Stacks {
  private struct Entry: Hashable {
    let parent: Int32
    let frame: Frame
  }

  /// No frame: the whole value has ended.
  static let empty: Int32 = 0

  private var entries: [Entry] = [Entry(parent: 0, frame: Frame(node: -1))]
  private var numbers: [Entry: Int32] = [:]
  /// Bytes that are needed to end everything.
  private var lengths: [Int] = [0]

  func top(_ stack: Int32) -> Frame { entries[Int(stack)].frame }
  func parent(_ stack: Int32) -> Int32 { entries[Int(stack)].parent }
  func length(_ stack: Int32) -> Int { lengths[Int(stack)] }

  /// The stack with another frame on top, which needs `length` bytes to end.
  mutating func push(_ frame: Frame, on parent: Int32, length: @autoclosure () -> Int) -> Int32 {
    let entry = Entry(parent: parent, frame: frame)
    if let number = numbers[entry] { return number }
    let number = Int32(entries.count)
    entries.append(entry)
    numbers[entry] = number
    lengths.append(min(1 << 40, lengths[Int(parent)] + length()))
    return number
  }

  /// The frames of a stack, the innermost first.
  func frames(_ stack: Int32) -> [Frame] {
    var found: [Frame] = []
    var stack = stack
    while stack != Self.empty {
      found.append(top(stack))
      stack = parent(stack)
    }
    return found
  }
}
