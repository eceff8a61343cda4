package import InternVL

/// A piece of an answer in ollama's form, or a whole one.
package struct OllamaReply: Encodable, Sendable {
  package struct Message: Encodable, Sendable {
    package let role = "assistant"
    package let content: String
    /// What the model thought before it answered.
    package let thinking: String?
  }

  /// Whose form it is.
  package enum Form: Sendable { case chat, generate }

  package let model: String
  package let createdAt: String
  /// Of a chat.
  package let message: Message?
  /// Of a prompt.
  package let response: String?
  package let thinking: String?
  package let done: Bool
  package var doneReason: String?
  /// Nanoseconds, as all durations.
  package var totalDuration: Int?
  package var loadDuration: Int?
  package var promptEvalCount: Int?
  package var promptEvalDuration: Int?
  package var evalCount: Int?
  package var evalDuration: Int?

  private init(
    _ form: Form, model: String, date: String, text: String, thought: String? = nil, done: Bool
  ) {
    self.model = model
    createdAt = date
    message = form == .chat ? Message(content: text, thinking: thought) : nil
    response = form == .generate ? text : nil
    thinking = form == .generate ? thought : nil
    self.done = done
  }

  /// A piece of the text, or of the thought before it.
  package static func piece(
    _ form: Form, model: String, date: String, _ text: String, thought: String? = nil
  ) -> OllamaReply {
    OllamaReply(form, model: model, date: date, text: text, thought: thought, done: false)
  }

  /// The end, with all of the text and the thought where they were not streamed.
  package static func end(
    _ form: Form, model: String, date: String, _ reply: Reply, isStreamed: Bool
  ) -> OllamaReply {
    var end = OllamaReply(
      form, model: model, date: date, text: isStreamed ? "" : reply.text,
      thought: isStreamed ? nil : reply.reasoning, done: true)
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
