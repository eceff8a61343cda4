package import JSON

/// A JSON value whose members keep their order, and whose numbers keep their digits.
package enum OrderedJSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Number)
  /// UTF-8; compared byte by byte, as JSON Schema does.
  case string([UInt8])
  case array([OrderedJSON])
  case object([Member])

  /// A member of an object.
  package struct Member: Hashable, Sendable {
    let key: [UInt8]
    let value: OrderedJSON
  }

  /// A number; equal ones may be written differently.
  package struct Number: Hashable, Sendable {
    let value: ExactDecimal
  }

  /// The largest document.
  static let maximumBytes = 1 << 20
  private static let maximumDepth = 64
  private static let maximumValues = 1 << 17

  /// Reads a document.
  package init(_ bytes: RawSpan) throws(JSONFault) {
    guard bytes.byteCount <= Self.maximumBytes else {
      throw JSONFault(offset: Self.maximumBytes, problem: .tooLarge(limit: Self.maximumBytes))
    }
    var scanner = JSONScanner(bytes)
    var values = 0
    self = try Self.value(&scanner, depth: 0, values: &values)
    try scanner.expectEnd()
  }

  private static func value(
    _ scanner: inout JSONScanner, depth: Int, values: inout Int
  ) throws(JSONFault) -> OrderedJSON {
    guard depth <= maximumDepth else { throw scanner.fault(.tooDeep(limit: maximumDepth)) }
    values += 1
    guard values <= maximumValues else {
      throw scanner.fault(.tooManyValues(limit: maximumValues))
    }
    switch scanner.next() {
    case UInt8(ascii: "{"): return try object(&scanner, depth: depth, values: &values)
    case UInt8(ascii: "["):
      var elements: [OrderedJSON] = []
      try scanner.expect("[")
      if scanner.take("]") { return .array([]) }
      repeat {
        elements.append(try value(&scanner, depth: depth + 1, values: &values))
      } while scanner.take(",")
      try scanner.expect("]")
      return .array(elements)
    case UInt8(ascii: "\""): return .string(try string(&scanner))
    case UInt8(ascii: "t"):
      try scanner.expectWord("true")
      return .bool(true)
    case UInt8(ascii: "f"):
      try scanner.expectWord("false")
      return .bool(false)
    case UInt8(ascii: "n"):
      try scanner.expectWord("null")
      return .null
    default:
      return .number(Number(value: ExactDecimal(jsonNumber: try scanner.number().text)))
    }
  }

  private static func object(
    _ scanner: inout JSONScanner, depth: Int, values: inout Int
  ) throws(JSONFault) -> OrderedJSON {
    var members: [Member] = []
    var keys: Set<[UInt8]> = []
    try scanner.expect("{")
    if scanner.take("}") { return .object([]) }
    repeat {
      let key = try string(&scanner)
      guard keys.insert(key).inserted else {
        throw scanner.fault(.duplicateKey(String(decoding: key, as: UTF8.self)))
      }
      try scanner.expect(":")
      let value = try value(&scanner, depth: depth + 1, values: &values)
      members.append(Member(key: key, value: value))
    } while scanner.take(",")
    try scanner.expect("}")
    return .object(members)
  }

  private static func string(_ scanner: inout JSONScanner) throws(JSONFault) -> [UInt8] {
    _ = scanner.next()
    let fault = scanner.fault(.badString)
    var text: [UInt8] = []
    try scanner.string(into: &text)
    guard String(validating: text, as: UTF8.self) != nil else { throw fault }
    return text
  }
}

extension OrderedJSON {
  /// A string.
  static func text(_ string: String) -> OrderedJSON { .string(Array(string.utf8)) }

  /// The member of an object with this key.
  subscript(_ key: String) -> OrderedJSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key.elementsEqual(key.utf8) }?.value
  }

  /// The value with the members of all objects sorted: equal for values that JSON Schema takes for
  /// equal.
  var sorted: OrderedJSON {
    switch self {
    case .array(let elements): .array(elements.map(\.sorted))
    case .object(let members):
      .object(
        members.map { Member(key: $0.key, value: $0.value.sorted) }
          .sorted { $0.key.lexicographicallyPrecedes($1.key) })
    default: self
    }
  }

  /// The shortest JSON, in the one spelling that generated values have.
  package var compact: [UInt8] {
    switch self {
    case .null: Array("null".utf8)
    case .bool(let value): Array("\(value)".utf8)
    case .number(let number): Array(number.value.json.utf8)
    case .string(let text): StringSpelling.quoted(text)
    case .array(let elements):
      [UInt8(ascii: "[")] + elements.map(\.compact).joined(separator: [UInt8(ascii: ",")])
        + [UInt8(ascii: "]")]
    case .object(let members):
      [UInt8(ascii: "{")]
        + members.map { StringSpelling.quoted($0.key) + [UInt8(ascii: ":")] + $0.value.compact }
        .joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "}")]
    }
  }

  /// The value in a few words, for messages.
  var summary: String {
    let text = String(decoding: compact, as: UTF8.self)
    return text.utf8.count <= 40 ? text : String(text.prefix(40)) + "…"
  }
}
