import Files

extension JSONValue {
  /// The value as JSON on one line, with the keys of objects sorted.
  ///
  /// Characters that control a terminal are escaped.
  package var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): value.quotedAsJSON
    case .array(let elements): "[\(elements.map(\.text).joined(separator: ","))]"
    case .object(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "\($0.quotedAsJSON):\($1.text)" }.joined(separator: ","))}"
    }
  }
}

extension String {
  /// The string as JSON writes it, between quotation marks.
  package var quotedAsJSON: String {
    var json = "\""
    for scalar in unicodeScalars {
      switch scalar {
      case "\"": json += "\\\""
      case "\\": json += "\\\\"
      case "\n": json += "\\n"
      case "\r": json += "\\r"
      case "\t": json += "\\t"
      case "\0"..<" ", "\u{7F}"..."\u{9F}": json += "\\u\(UInt16(scalar.value).hexadecimal)"
      default: json.unicodeScalars.append(scalar)
      }
    }
    return json + "\""
  }
}
