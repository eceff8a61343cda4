/// The names that the members of the objects around a place have.
///
/// JSON Schema says nothing of a name that stands twice in an object, and readers differ about it. So
/// masks leave it out.
struct UsedNames {
  /// What the next byte belongs to.
  private enum Place {
    /// A name, or what is in front of it.
    case beforeName, name
    /// A string that is no name.
    case string
    /// Anything else.
    case other
  }

  /// The names of each open object, the innermost last; nil for an array.
  private var open: [[[UInt8]]?] = []
  private var place = Place.other
  private var isEscaped = false
  /// The name that has begun, as it is spelt.
  private var begun: [UInt8] = []

  /// Goes on by a byte of the answer.
  mutating func take(_ byte: UInt8) {
    switch place {
    case .name, .string:
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        if place == .name, let last = open.indices.last { open[last]?.append(begun) }
        place = .other
        return
      }
      if place == .name { begun.append(byte) }
    case .beforeName, .other: takeMark(byte)
    }
  }

  private mutating func takeMark(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "{"):
      open.append([])
      place = .beforeName
    case UInt8(ascii: "["):
      open.append(nil)
      place = .other
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      _ = open.popLast()
      place = .other
    case UInt8(ascii: ","): place = open.last.map { $0 == nil } ?? true ? .other : .beforeName
    case UInt8(ascii: "\""):
      begun = []
      isEscaped = false
      place = place == .beforeName ? .name : .string
    default: break
    }
  }

  /// What must not follow: each would end a name that is there already.
  var repetitions: [[UInt8]] {
    guard let names = open.last ?? nil else { return [] }
    let quote = [UInt8(ascii: "\"")]
    switch place {
    case .name:
      return names.filter { $0.starts(with: begun) }.map {
        Array($0.dropFirst(begun.count)) + quote
      }
    case .beforeName: return names.map { quote + $0 + quote }
    case .other: return names.map { [UInt8(ascii: ",")] + quote + $0 + quote }
    case .string: return []
    }
  }
}
