/// Ids must be below this; the largest published vocabularies have about a quarter as many.
let tokenIDLimit = 1 << 20

/// Reads a JSON object of the form `{"token": id, …}`, entry by entry.
///
/// A general JSON decoder needs most of a second for the 151 643 entries of Qwen2's vocabulary; this
/// one knows the only form they have. Ids are `0..<tokenIDLimit`; keys are handed over with their
/// escapes resolved, as bytes that need not be valid UTF-8.
///
/// - Parameters:
///   - json: the whole file.
///   - body: called with each token's bytes and id, in file order.
/// - Throws: `syntax` or `idOutOfRange`, and what `body` throws.
func forEachTokenID(
  in json: Span<UInt8>,
  _ body: (Span<UInt8>, Int) throws(TokenizerDefect) -> Void
) throws(TokenizerDefect) {
  var cursor = JSONCursor(offset: 0)
  var key: [UInt8] = []
  try cursor.expect("{", in: json)
  if !cursor.accept("}", in: json) {
    repeat {
      try cursor.readString(into: &key, from: json)
      try cursor.expect(":", in: json)
      try body(key.span, try cursor.readID(of: key, from: json))
    } while cursor.accept(",", in: json)
    try cursor.expect("}", in: json)
  }
  cursor.skipSpace(in: json)
  guard cursor.offset == json.count else {
    throw .syntax(offset: cursor.offset, expected: "the end of the file")
  }
}

/// A place in a JSON text (RFC 8259).
private struct JSONCursor {
  var offset: Int

  mutating func skipSpace(in json: Span<UInt8>) {
    while offset < json.count, [0x20, 0x0A, 0x0D, 0x09].contains(json[offset]) { offset += 1 }
  }

  /// Steps over a punctuation mark, if it is next after white space.
  mutating func accept(_ mark: Unicode.Scalar, in json: Span<UInt8>) -> Bool {
    skipSpace(in: json)
    guard offset < json.count, json[offset] == UInt8(ascii: mark) else { return false }
    offset += 1
    return true
  }

  mutating func expect(_ mark: Unicode.Scalar, in json: Span<UInt8>) throws(TokenizerDefect) {
    guard accept(mark, in: json) else { throw .syntax(offset: offset, expected: "'\(mark)'") }
  }

  /// Reads a whole number in `0..<tokenIDLimit`.
  mutating func readID(of key: [UInt8], from json: Span<UInt8>) throws(TokenizerDefect) -> Int {
    skipSpace(in: json)
    let start = offset
    var value = 0
    while offset < json.count, case let digit = json[offset] &- 0x30, digit < 10 {
      value = min(value * 10 + Int(digit), tokenIDLimit)
      offset += 1
    }
    let rest = "+-.0123456789eE".utf8
    let isWhole = offset == json.count || !rest.contains(json[offset])
    if offset > start, isWhole, value < tokenIDLimit { return value }

    while offset < json.count, rest.contains(json[offset]) { offset += 1 }
    guard offset > start else { throw .syntax(offset: start, expected: "a number") }
    throw .idOutOfRange(
      token: String(key.span), id: String(json.extracting(start..<offset)), limit: tokenIDLimit)
  }

  /// Reads a string, its escapes resolved, in place of what `text` holds.
  mutating func readString(
    into text: inout [UInt8], from json: Span<UInt8>
  ) throws(TokenizerDefect) {
    try expect("\"", in: json)
    text.removeAll(keepingCapacity: true)
    while offset < json.count {
      let start = offset
      while offset < json.count, json[offset].isPlainInJSON { offset += 1 }
      json.extracting(start..<offset).withUnsafeBufferPointer { text.append(contentsOf: $0) }
      guard offset < json.count else { break }
      offset += 1
      switch json[offset - 1] {
      case UInt8(ascii: "\""): return
      case UInt8(ascii: "\\"): text.append(contentsOf: try readEscape(from: json))
      default: throw .syntax(offset: offset - 1, expected: "no control character")
      }
    }
    throw .syntax(offset: offset, expected: "the end of a string")
  }

  /// Reads what follows a backslash.
  private mutating func readEscape(from json: Span<UInt8>) throws(TokenizerDefect) -> [UInt8] {
    guard offset < json.count else { throw .syntax(offset: offset, expected: "an escape") }
    let start = offset
    offset += 1
    switch json[start] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [json[start]]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var units = [try readUnit(from: json)]
      if UTF16.isLeadSurrogate(units[0]), offset + 1 < json.count,
        json[offset] == UInt8(ascii: "\\"), json[offset + 1] == UInt8(ascii: "u")
      {
        offset += 2
        units.append(try readUnit(from: json))
      }
      if let text = String(validating: units, as: UTF16.self) { return Array(text.utf8) }
      throw .syntax(offset: start, expected: "a pair of surrogates")
    default: throw .syntax(offset: start, expected: "an escape")
    }
  }

  /// Reads the four hexadecimal digits of a `\u` escape.
  private mutating func readUnit(from json: Span<UInt8>) throws(TokenizerDefect) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard offset < json.count,
        let digit = Character(Unicode.Scalar(json[offset])).hexDigitValue
      else { throw .syntax(offset: offset, expected: "a hexadecimal digit") }
      unit = unit << 4 | UInt16(digit)
      offset += 1
    }
    return unit
  }
}

extension UInt8 {
  /// Whether a byte of a JSON string stands for itself.
  fileprivate var isPlainInJSON: Bool {
    self >= 0x20 && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
  }
}
