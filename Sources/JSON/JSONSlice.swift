/// Finds a value in a document, as it is written.
///
/// `JSONValue` has members in no order; whoever needs their order reads the bytes again.
package enum JSONSlice {
  /// The bytes of the value that keys, and indices of lists, lead to; nil where they lead nowhere or the
  /// document is not JSON.
  package static func range(of path: [String], in document: RawSpan) -> Range<Int>? {
    var scanner = JSONScanner(document)
    return try? find(path[...], &scanner, depth: 0)
  }

  private static func find(
    _ path: ArraySlice<String>, _ scanner: inout JSONScanner, depth: Int
  ) throws(JSONFault) -> Range<Int>? {
    guard let key = path.first else {
      _ = scanner.next()
      let start = scanner.offset
      try skip(&scanner, depth: depth)
      return start..<scanner.offset
    }
    if scanner.take("[") {
      guard let index = Int(key), index >= 0, !scanner.take("]") else { return nil }
      for _ in 0..<index {
        try skip(&scanner, depth: depth + 1)
        guard scanner.take(",") else { return nil }
      }
      return try find(path.dropFirst(), &scanner, depth: depth + 1)
    }
    guard scanner.take("{"), !scanner.take("}") else { return nil }
    var text: [UInt8] = []
    repeat {
      try scanner.string(into: &text)
      try scanner.expect(":")
      if text.elementsEqual(key.utf8) {
        return try find(path.dropFirst(), &scanner, depth: depth + 1)
      }
      try skip(&scanner, depth: depth + 1)
    } while scanner.take(",")
    return nil
  }

  /// Consumes a value.
  private static func skip(_ scanner: inout JSONScanner, depth: Int) throws(JSONFault) {
    let limit = JSONParser.maximumDepth
    guard depth <= limit else { throw scanner.fault(.tooDeep(limit: limit)) }
    var text: [UInt8] = []
    switch scanner.next() {
    case UInt8(ascii: "{"):
      try scanner.expect("{")
      if scanner.take("}") { return }
      repeat {
        try scanner.string(into: &text)
        try scanner.expect(":")
        try skip(&scanner, depth: depth + 1)
      } while scanner.take(",")
      try scanner.expect("}")
    case UInt8(ascii: "["):
      try scanner.expect("[")
      if scanner.take("]") { return }
      repeat { try skip(&scanner, depth: depth + 1) } while scanner.take(",")
      try scanner.expect("]")
    case UInt8(ascii: "\""): try scanner.string(into: &text)
    case UInt8(ascii: "t"): try scanner.expectWord("true")
    case UInt8(ascii: "f"): try scanner.expectWord("false")
    case UInt8(ascii: "n"): try scanner.expectWord("null")
    default: _ = try scanner.number()
    }
  }
}
