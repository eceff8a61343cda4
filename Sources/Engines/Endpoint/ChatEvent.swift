import JSON

/// What an event of a streamed answer says.
struct ChatEvent {
  private(set) var model: String?
  private(set) var text: String?
  private(set) var reasoning: String?
  private(set) var finishReason: String?
  private(set) var usage: EndpointReply.Usage?
  /// The server's words for why it failed; nil where it did not.
  private(set) var failure: String?

  /// Reads an event's data.
  ///
  /// - Throws: `EndpointError.brokenStream` where it is no piece of an answer.
  init(_ data: String) throws(EndpointError) {
    let bytes = Array(data.utf8)
    do {
      try read(JSONObject(bytes.span.bytes, file: ""))
    } catch {
      throw .brokenStream(excerpt(bytes))
    }
  }

  private mutating func read(_ object: JSONObject) throws(JSONError) {
    if let error = object["error"] {
      failure = ServerMessage.text(of: error)
      return
    }
    model = try object.optionalString("model")
    if let counts = try object.optionalObject("usage") {
      usage = EndpointReply.Usage(
        prompt: try counts.optionalInteger("prompt_tokens", in: 0...Int(Int32.max)) ?? 0,
        answer: try counts.optionalInteger("completion_tokens", in: 0...Int(Int32.max)) ?? 0)
    }
    guard let choice = try object.optionalArray("choices")?.first else { return }
    let first = try JSONObject(choice, file: "", path: "choices")
    finishReason = try first.optionalString("finish_reason")
    let delta = try first.optionalObject("delta")
    text = try delta?.optionalString("content")
    reasoning = try delta?.optionalString("reasoning_content")
    if reasoning == nil { reasoning = try delta?.optionalString("reasoning") }
  }
}

/// What a server says about a failure.
enum ServerMessage {
  /// The message in an error's body: OpenAI's, FastAPI's, or plain text; empty where it is a page.
  static func text(of body: [UInt8]) -> String {
    if let members = try? JSONObject.members(body.span.bytes) {
      return [members["error"], members["detail"], members["message"]].compactMap(\.self).first
        .map(text) ?? ""
    }
    return body.first == UInt8(ascii: "<") ? "" : excerpt(body)
  }

  /// The message in the value of an `error`.
  static func text(of error: JSONValue) -> String {
    switch error {
    case .string(let text): excerpt(Array(text.utf8))
    case .object(let members): members["message"].map(text) ?? ""
    case .array(let errors): errors.first.map(text) ?? ""  // FastAPI's list
    default: error.summary
    }
  }
}
