/// The one way in which generated JSON spells a string.
///
/// Characters stand for themselves, as UTF-8. Quotation mark, backslash, and the control characters
/// that have one take their short escape; the other control characters are `\u00` and two digits. So
/// two different spellings are never the same string.
enum StringSpelling {
  /// What follows the backslash for characters with a short escape.
  static let shortEscapes: [UInt8: UInt8] = [
    0x22: UInt8(ascii: "\""), 0x5C: UInt8(ascii: "\\"), 0x08: UInt8(ascii: "b"),
    0x09: UInt8(ascii: "t"), 0x0A: UInt8(ascii: "n"), 0x0C: UInt8(ascii: "f"),
    0x0D: UInt8(ascii: "r"),
  ]

  /// The bytes of an ASCII character.
  static func ascii(_ byte: UInt8) -> [UInt8] {
    if let letter = shortEscapes[byte] { return [UInt8(ascii: "\\"), letter] }
    guard byte < 0x20 else { return [byte] }
    let digits = Array("0123456789abcdef".utf8)
    return Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }

  /// The bytes of a text between the quotation marks.
  static func content(_ text: [UInt8]) -> [UInt8] {
    text.flatMap { $0 < 0x80 ? ascii($0) : [$0] }
  }

  /// The bytes of a text with its quotation marks.
  static func quoted(_ text: [UInt8]) -> [UInt8] {
    [UInt8(ascii: "\"")] + content(text) + [UInt8(ascii: "\"")]
  }

  /// How characters of a range are spelt: each element is a sequence of byte ranges.
  static func sequences(_ range: ClosedRange<UInt32>) -> [[ClosedRange<UInt8>]] {
    var found: [[ClosedRange<UInt8>]] = []
    var first = range.lowerBound
    // Control characters, quotation mark and backslash one by one; what is between them at once.
    while first < 0x80, first <= range.upperBound {
      let byte = UInt8(first)
      if isSpecial(byte) {
        found.append(ascii(byte).map { $0...$0 })
        first += 1
      } else {
        var last = byte
        while last < 0x7F, UInt32(last) < range.upperBound, !isSpecial(last + 1) { last += 1 }
        found.append([byte...last])
        first = UInt32(last) + 1
      }
    }
    if first <= range.upperBound { appendUTF8(first...range.upperBound, to: &found) }
    return found
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == 0x22 || byte == 0x5C
  }

  /// Splits a range beyond ASCII into parts whose bytes vary independently.
  private static func appendUTF8(
    _ range: ClosedRange<UInt32>, to found: inout [[ClosedRange<UInt8>]]
  ) {
    let (low, high) = (range.lowerBound, range.upperBound)
    for limit: UInt32 in [0x7FF, 0xFFFF] where low <= limit && high > limit {
      appendUTF8(low...limit, to: &found)
      return appendUTF8(limit + 1...high, to: &found)
    }
    let length = low <= 0x7FF ? 2 : low <= 0xFFFF ? 3 : 4
    for place in 1..<length {
      let mask: UInt32 = 1 << (6 * UInt32(place)) - 1
      guard low & ~mask != high & ~mask else { continue }
      if low & mask != 0 {
        appendUTF8(low...(low | mask), to: &found)
        return appendUTF8((low | mask) + 1...high, to: &found)
      }
      if high & mask != mask {
        appendUTF8(low...(high & ~mask) - 1, to: &found)
        return appendUTF8((high & ~mask)...high, to: &found)
      }
    }
    found.append(zip(utf8(low, length), utf8(high, length)).map { $0...$1 })
  }

  private static func utf8(_ scalar: UInt32, _ length: Int) -> [UInt8] {
    let marks: [UInt32] = [0, 0, 0xC0, 0xE0, 0xF0]
    return (0..<length).map { index in
      let bits = scalar >> (6 * UInt32(length - 1 - index))
      return UInt8(index == 0 ? marks[length] | bits : 0x80 | bits & 0x3F)
    }
  }
}
