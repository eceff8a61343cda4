/// One value of a JSON document.
package enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits `Int`.
  case integer(Int)
  /// Any other number; always finite.
  case number(Double)
  case string(String)
  case array([JSONValue])
  /// Keys are unique up to canonical equivalence, as Swift compares strings.
  case object([String: JSONValue])
}

extension JSONValue {
  /// The value that `bytes` stand for; `file` is a name for messages.
  package init(_ bytes: RawSpan, file: String) throws(JSONError) {
    do {
      try self.init(bytes)
    } catch {
      throw JSONError(file: file, .malformed(error))
    }
  }

  /// The value that `bytes` stand for.
  package init(_ bytes: RawSpan) throws(JSONFault) { self = try JSONParser.parse(bytes) }

  /// The value in a few words, for messages.
  package var summary: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .array(let elements) where elements.count == 1: "[\(elements[0].summary)]"
    case .array(let elements): "a list of \(elements.count)"
    case .object(let members): "an object of \(members.count)"
    }
  }
}

extension JSONValue {
  /// The value where it is a whole number that `Int` can hold.
  var exactInteger: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }
}
