import JSON

/// A function that an answer calls.
package struct ToolCall: Encodable, Sendable {
  package struct Function: Encodable, Sendable {
    package let name: String
    /// A JSON object, as a text.
    package let arguments: String
  }

  /// Why an answer ended that is a call.
  package static let finishReason = "tool_calls"

  package let id = Identifier.make("call_")
  package let type = "function"
  package let function: Function

  /// Reads the answer to a request with `Tools`; nil where it is no whole call.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let object = try? JSONObject(bytes.span.bytes, file: "answer"),
      let name = try? object.string("name"),
      let arguments = JSONSlice.range(of: ["arguments"], in: bytes.span.bytes)
    else { return nil }
    function = Function(name: name, arguments: String(decoding: bytes[arguments], as: UTF8.self))
  }
}
