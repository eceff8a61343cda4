extension JSONScanner {
  /// A member of an object that was not read yet.
  package struct Member {
    /// The key, its escapes resolved.
    package let key: String
    /// Where its value stands in the document.
    package let value: Range<Int>
  }

  /// The members of the object that the whole of `bytes` stands for, in their order.
  ///
  /// For large files of which only parts are wanted as values.
  package static func members(of bytes: RawSpan) throws(JSONFault) -> [Member] {
    var scanner = JSONScanner(bytes)
    var members: [Member] = []
    var text: [UInt8] = []
    try scanner.expect("{")
    if !scanner.take("}") {
      repeat {
        _ = scanner.next()
        let start = scanner.offset
        try scanner.string(into: &text)
        guard let key = String(validating: text, as: UTF8.self) else {
          throw JSONFault(offset: start, problem: .badString)
        }
        guard !members.contains(where: { $0.key == key }) else {
          throw JSONFault(offset: start, problem: .duplicateKey(key))
        }
        try scanner.expect(":")
        members.append(Member(key: key, value: try scanner.skipValue(&text)))
      } while scanner.take(",")
      try scanner.expect("}")
    }
    try scanner.expectEnd()
    return members
  }

  /// Consumes a value of any kind; returns where it stands.
  private mutating func skipValue(
    _ text: inout [UInt8], depth: Int = 0
  ) throws(JSONFault) -> Range<Int> {
    guard depth <= JSONParser.maximumDepth else {
      throw fault(.tooDeep(limit: JSONParser.maximumDepth))
    }
    let first = next()
    let start = offset
    switch first {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      let isObject = first == UInt8(ascii: "{")
      let end: Unicode.Scalar = isObject ? "}" : "]"
      try expect(isObject ? "{" : "[")
      if !take(end) {
        repeat {
          if isObject {
            try string(into: &text)
            try expect(":")
          }
          _ = try skipValue(&text, depth: depth + 1)
        } while take(",")
        try expect(end)
      }
    case UInt8(ascii: "\""): try string(into: &text)
    case UInt8(ascii: "t"): try expectWord("true")
    case UInt8(ascii: "f"): try expectWord("false")
    case UInt8(ascii: "n"): try expectWord("null")
    default: _ = try number()
    }
    return start..<offset
  }
}
