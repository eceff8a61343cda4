/// A strict reader of JSON (RFC 8259) for files that anybody may have written.
///
/// Stricter than most: a key may stand only once in an object, strings are valid UTF-8, half
/// surrogate pairs are refused, and depth and number of values are limited, so that time and
/// memory stay in proportion to the input.
struct JSONParser: ~Escapable {
  /// Levels of nesting that are followed; each takes a few hundred bytes of stack.
  static let maximumDepth = 64
  /// Values that are kept; each takes about 50 bytes.
  static let maximumValues = 1 << 18
  /// The longest number; Python's integers may have any length.
  private static let maximumDigits = 512

  private let bytes: RawSpan
  private var position = 0
  private var values = 0

  @_lifetime(copy bytes)
  private init(_ bytes: RawSpan) { self.bytes = bytes }

  /// The members of the object that the whole of `bytes` stands for.
  static func parseObject(_ bytes: RawSpan) throws(JSONFault) -> [String: JSONValue] {
    var parser = JSONParser(bytes)
    guard case .object(let members) = try parser.value(depth: 0) else {
      throw JSONFault(offset: 0, problem: .notAnObject)
    }
    guard parser.next() == nil else { throw parser.fault() }
    return members
  }
}

// MARK: Values

extension JSONParser {
  private mutating func value(depth: Int) throws(JSONFault) -> JSONValue {
    guard depth <= Self.maximumDepth else { throw fault(.tooDeep(limit: Self.maximumDepth)) }
    values += 1
    guard values <= Self.maximumValues else {
      throw fault(.tooManyValues(limit: Self.maximumValues))
    }
    switch next() {
    case UInt8(ascii: "{"): return .object(try object(depth: depth))
    case UInt8(ascii: "["): return .array(try array(depth: depth))
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), (UInt8(ascii: "0")...UInt8(ascii: "9"))?: return try number()
    default: throw fault()
    }
  }

  private mutating func object(depth: Int) throws(JSONFault) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    position += 1
    if take("}") { return members }
    repeat {
      guard next() == UInt8(ascii: "\"") else { throw fault() }
      let start = position
      let key = try string()
      guard take(":") else { throw fault() }
      guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
        throw JSONFault(offset: start, problem: .duplicateKey(key))
      }
    } while take(",")
    guard take("}") else { throw fault() }
    return members
  }

  private mutating func array(depth: Int) throws(JSONFault) -> [JSONValue] {
    var elements: [JSONValue] = []
    position += 1
    if take("]") { return elements }
    repeat {
      elements.append(try value(depth: depth + 1))
    } while take(",")
    guard take("]") else { throw fault() }
    return elements
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONFault) -> JSONValue {
    for offset in 0..<word.utf8CodeUnitCount {
      guard peek() == word.utf8Start[offset] else { throw fault() }
      position += 1
    }
    return value
  }

  private mutating func number() throws(JSONFault) -> JSONValue {
    let start = position
    if peek() == UInt8(ascii: "-") { position += 1 }
    let leadingZero = peek() == UInt8(ascii: "0")
    guard case let digits = skipDigits(), digits == 1 || digits > 1 && !leadingZero else {
      throw fault(.badNumber)
    }
    var isInteger = true
    if peek() == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard skipDigits() > 0 else { throw fault(.badNumber) }
    }
    if let byte = peek(), byte | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
      guard skipDigits() > 0 else { throw fault(.badNumber) }
    }
    guard position - start <= Self.maximumDigits, let text = bytes.text(in: start..<position) else {
      throw JSONFault(offset: start, problem: .badNumber)
    }
    if isInteger, let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw JSONFault(offset: start, problem: .badNumber)
    }
    return .number(number)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position - start
  }
}

// MARK: Strings

extension JSONParser {
  private mutating func string() throws(JSONFault) -> String {
    let start = position
    position += 1
    var result = ""
    while true {
      let run = position
      while let byte = peek(), byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\")
      {
        position += 1
      }
      guard let text = bytes.text(in: run..<position) else {
        throw JSONFault(offset: start, problem: .badString)
      }
      result += text
      switch peek() {
      case UInt8(ascii: "\""):
        position += 1
        return result
      case UInt8(ascii: "\\"):
        position += 1
        result.unicodeScalars.append(try escape())
      case nil: throw fault(.end)
      default: throw fault(.badString)
      }
    }
  }

  /// The character of an escape whose backslash was read.
  private mutating func escape() throws(JSONFault) -> Unicode.Scalar {
    guard let byte = peek() else { throw fault(.end) }
    position += 1
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
    position += 1
    guard peek() == UInt8(ascii: "u") else { throw fault(.badString) }
    position += 1
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
      position += 1
    }
    return unit
  }
}

// MARK: Bytes

extension JSONParser {
  private func peek() -> UInt8? {
    position < bytes.byteCount ? bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self) : nil
  }

  /// The next byte that is not white space; it is not consumed.
  private mutating func next() -> UInt8? {
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        position += 1
      default: return byte
      }
    }
    return nil
  }

  /// Consumes white space and then `character`, where it comes next.
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next() == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private func fault(_ problem: JSONFault.Problem) -> JSONFault {
    JSONFault(offset: position, problem: problem)
  }

  /// The complaint about the byte at the current position.
  private func fault() -> JSONFault {
    fault(peek().map { .unexpected(byte: $0) } ?? .end)
  }
}
