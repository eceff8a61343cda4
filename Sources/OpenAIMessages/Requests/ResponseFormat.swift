import JSON

/// The shape that an answer must have.
enum ResponseFormat {
  /// Refuses any shape but text.
  static func requireText(_ object: JSONObject) throws {
    guard let format = try object.optionalObject("response_format") else { return }
    switch try format.string("type") {
    case "text": return
    case "json_object", "json_schema":
      throw RequestFault.unsupported(
        parameter: "response_format", instead: "answers are text without a schema")
    default: throw format.invalid("type", expected: "text, json_object or json_schema")
    }
  }
}
