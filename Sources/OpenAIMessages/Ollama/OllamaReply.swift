package import InternVL

/// A piece of an answer in ollama's form, or a whole one.
package struct OllamaReply: Encodable, Sendable {
  package struct Message: Encodable, Sendable {
    package let role = "assistant"
    package let content: String
  }

  /// Whose form it is.
  package enum Form: Sendable { case chat, generate }

  package let model: String
  package let createdAt: String
  /// Of a chat.
  package let message: Message?
  /// Of a prompt.
  package let response: String?
  package let done: Bool
  package var doneReason: String?
  /// Nanoseconds, as all durations.
  package var totalDuration: Int?
  package var loadDuration: Int?
  package var promptEvalCount: Int?
  package var promptEvalDuration: Int?
  package var evalCount: Int?
  package var evalDuration: Int?

  private init(_ form: Form, model: String, date: String, text: String, done: Bool) {
    self.model = model
    createdAt = date
    message = form == .chat ? Message(content: text) : nil
    response = form == .generate ? text : nil
    self.done = done
  }

  /// A piece of the text.
  package static func piece(
    _ form: Form, model: String, date: String, _ text: String
  ) -> OllamaReply {
    OllamaReply(form, model: model, date: date, text: text, done: false)
  }

  /// The end, with what is left of the text: all of it where nothing was streamed.
  package static func end(
    _ form: Form, model: String, date: String, text: String, _ reply: Reply
  ) -> OllamaReply {
    var end = OllamaReply(form, model: model, date: date, text: text, done: true)
    let timings = reply.timings
    let reading = timings.imageSeconds + timings.prefillSeconds
    end.doneReason = reply.finishReason.rawValue
    end.totalDuration = nanoseconds(timings.timeToFirstToken + timings.decodeSeconds)
    end.loadDuration = 0
    end.promptEvalCount = reply.promptTokenIDs.count
    end.promptEvalDuration = nanoseconds(reading)
    end.evalCount = reply.tokenIDs.count
    end.evalDuration = nanoseconds(timings.decodeSeconds)
    return end
  }

  /// Nothing was asked: the model was loaded, or let go.
  package static func nothing(
    _ form: Form, model: String, date: String, reason: String
  ) -> OllamaReply {
    var end = OllamaReply(form, model: model, date: date, text: "", done: true)
    end.doneReason = reason
    return end
  }

  private static func nanoseconds(_ seconds: Double) -> Int { Int(seconds * 1e9) }
}

/// An error in ollama's form.
package struct OllamaError: Encodable, Sendable {
  package let error: String

  package init(_ message: String) { error = message }
}
