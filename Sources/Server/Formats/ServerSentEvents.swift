import OpenAIMessages

/// Events that a browser's EventSource understands.
enum ServerSentEvents {
  static let contentType = "text/event-stream"

  /// OpenAI's mark of the end.
  static let done = Array("data: [DONE]\n\n".utf8)

  /// A value as an event.
  static func event(_ value: some Encodable) -> [UInt8] {
    Array("data: ".utf8) + WireJSON.bytes(value) + Array("\n\n".utf8)
  }
}
