import Files

/// Steps through the bytes of a JSON document (RFC 8259), token by token.
///
/// What is built of the tokens is the caller's matter, and so are limits on how much. A fault names the
/// byte where the document goes wrong.
package struct JSONScanner: ~Escapable {
  /// The longest number; Python's integers may have any length.
  private static let longestNumber = 512

  private let bytes: RawSpan
  /// The offset of the next byte.
  package private(set) var offset = 0

  @_lifetime(copy bytes)
  package init(_ bytes: RawSpan) { self.bytes = bytes }
}

// MARK: Bytes

extension JSONScanner {
  private func peek() -> UInt8? {
    offset < bytes.byteCount ? bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) : nil
  }

  /// The next byte that is not white space; it is not consumed.
  package mutating func next() -> UInt8? {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        offset += 1
      default: return byte
      }
    }
    return nil
  }

  /// Consumes white space and then `mark`, where it comes next.
  package mutating func take(_ mark: Unicode.Scalar) -> Bool {
    guard next() == UInt8(ascii: mark) else { return false }
    offset += 1
    return true
  }

  /// Consumes white space and then `mark`, which must come next.
  package mutating func expect(_ mark: Unicode.Scalar) throws(JSONFault) {
    guard take(mark) else { throw fault() }
  }

  /// Consumes white space, which must be all that is left.
  package mutating func expectEnd() throws(JSONFault) {
    guard next() == nil else { throw fault() }
  }

  /// Consumes one of the words `true`, `false` and `null`.
  package mutating func expectWord(_ word: StaticString) throws(JSONFault) {
    for index in 0..<word.utf8CodeUnitCount {
      guard peek() == word.utf8Start[index] else { throw fault() }
      offset += 1
    }
  }

  /// The fault that the document has at the next byte.
  package func fault(_ problem: JSONFault.Problem) -> JSONFault {
    JSONFault(offset: offset, problem: problem)
  }

  /// The complaint about the next byte itself.
  package func fault() -> JSONFault {
    fault(peek().map { .unexpected(byte: $0) } ?? .end)
  }
}

// MARK: Numbers

extension JSONScanner {
  /// A number as it is written.
  package struct Number {
    package let text: String
    /// Whether it has neither fraction nor exponent.
    package let isInteger: Bool
  }

  /// Consumes white space and then a number.
  package mutating func number() throws(JSONFault) -> Number {
    guard let first = next(), first == UInt8(ascii: "-") || Self.digits.contains(first) else {
      throw fault()
    }
    let start = offset
    if first == UInt8(ascii: "-") { offset += 1 }
    let leadingZero = peek() == UInt8(ascii: "0")
    guard case let digits = skipDigits(), digits == 1 || digits > 1 && !leadingZero else {
      throw fault(.badNumber)
    }
    var isInteger = true
    if peek() == UInt8(ascii: ".") {
      isInteger = false
      offset += 1
      guard skipDigits() > 0 else { throw fault(.badNumber) }
    }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      offset += 1
      if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset += 1 }
      guard skipDigits() > 0 else { throw fault(.badNumber) }
    }
    guard offset - start <= Self.longestNumber, let text = bytes.text(in: start..<offset) else {
      throw JSONFault(offset: start, problem: .badNumber)
    }
    return Number(text: text, isInteger: isInteger)
  }

  private static var digits: ClosedRange<UInt8> { UInt8(ascii: "0")...UInt8(ascii: "9") }

  private mutating func skipDigits() -> Int {
    let start = offset
    while let byte = peek(), Self.digits.contains(byte) { offset += 1 }
    return offset - start
  }
}

// MARK: Strings

extension JSONScanner {
  /// Consumes white space and then a string, and puts it in place of what `text` holds.
  ///
  /// Escapes are resolved; the other bytes are the document's own and need not be valid UTF-8.
  package mutating func string(into text: inout [UInt8]) throws(JSONFault) {
    try expect("\"")
    text.removeAll(keepingCapacity: true)
    while true {
      let start = offset
      while let byte = peek(), byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
      {
        offset += 1
      }
      bytes.extracting(start..<offset).withUnsafeBytes { text.append(contentsOf: $0) }
      switch peek() {
      case UInt8(ascii: "\""):
        offset += 1
        return
      case UInt8(ascii: "\\"):
        offset += 1
        text.append(contentsOf: try escape().utf8)
      case nil: throw fault(.end)
      default: throw fault(.badString)
      }
    }
  }

  /// The character of an escape whose backslash was consumed.
  private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
    guard let byte = peek() else { throw fault(.end) }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw fault(.badString)
    }
  }

  private mutating func unicodeEscape() throws(JSONFault) -> Unicode.Scalar {
    let unit = try fourHexDigits()
    if let scalar = Unicode.Scalar(unit) { return scalar }
    // A pair of surrogates stands for one character outside the basic plane.
    guard unit < 0xDC00, peek() == UInt8(ascii: "\\") else { throw fault(.badString) }
    offset += 1
    guard peek() == UInt8(ascii: "u") else { throw fault(.badString) }
    offset += 1
    let low = try fourHexDigits()
    guard low >= 0xDC00, low <= 0xDFFF,
      let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    else { throw fault(.badString) }
    return scalar
  }

  private mutating func fourHexDigits() throws(JSONFault) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek(), let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault(.badString)
      }
      unit = unit << 4 | UInt32(digit)
      offset += 1
    }
    return unit
  }
}
