/// A strict reader of JSON for files that anybody may have written.
///
/// Stricter than most: a key may stand only once in an object, strings are valid UTF-8, half
/// surrogate pairs are refused, and depth and number of values are limited, so that time and
/// memory stay in proportion to the input.
struct JSONParser: ~Escapable {
  /// Levels of nesting that are followed; each takes a few hundred bytes of stack.
  static let maximumDepth = 64
  /// Values that are kept; each takes about 50 bytes.
  static let maximumValues = 1 << 18

  private var scanner: JSONScanner
  private var values = 0
  private var text: [UInt8] = []

  @_lifetime(copy bytes)
  private init(_ bytes: RawSpan) { scanner = JSONScanner(bytes) }

  /// The value that the whole of `bytes` stands for.
  static func parse(_ bytes: RawSpan) throws(JSONFault) -> JSONValue {
    var parser = JSONParser(bytes)
    let value = try parser.value(depth: 0)
    try parser.scanner.expectEnd()
    return value
  }

  private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    guard depth <= Self.maximumDepth else {
      throw scanner.fault(.tooDeep(limit: Self.maximumDepth))
    }
    values += 1
    guard values <= Self.maximumValues else {
      throw scanner.fault(.tooManyValues(limit: Self.maximumValues))
    }
    switch scanner.next() {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(JSONFault) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    try scanner.expect("{")
    if scanner.take("}") { return members }
    repeat {
      _ = scanner.next()
      let start = scanner.offset
      let key = try string()
      try scanner.expect(":")
      guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
        throw JSONFault(offset: start, problem: .duplicateKey(key))
      }
    } while scanner.take(",")
    try scanner.expect("}")
    return members
  }

  private mutating func array(depth: Int) throws(JSONFault) -> [JSONValue] {
    var elements: [JSONValue] = []
    try scanner.expect("[")
    if scanner.take("]") { return elements }
    repeat {
      elements.append(try value(depth: depth + 1))
    } while scanner.take(",")
    try scanner.expect("]")
    return elements
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONFault) -> JSONValue {
    try scanner.expectWord(word)
    return value
  }

  private mutating func string() throws(JSONFault) -> String {
    _ = scanner.next()
    let start = scanner.offset
    try scanner.string(into: &text)
    guard let string = String(validating: text, as: UTF8.self) else {
      throw JSONFault(offset: start, problem: .badString)
    }
    return string
  }

  private mutating func number() throws(JSONFault) -> JSONValue {
    let start = scanner.offset
    let number = try scanner.number()
    if number.isInteger, let integer = Int(number.text) { return .integer(integer) }
    guard let value = Double(number.text), value.isFinite else {
      throw JSONFault(offset: start, problem: .badNumber)
    }
    return .number(value)
  }
}
