/// Puts the pieces of a streamed answer together.
final class AnswerReading {
  private let model: String
  private let onThought: (String) -> Void
  private let onText: (String) -> Void
  private let start = ContinuousClock.now
  private var stream = EventStream()
  private var reply = EndpointReply()
  private var isDone = false
  /// Whether anything came.
  private(set) var hasBegun = false

  init(
    model: String, onThought: @escaping (String) -> Void, onText: @escaping (String) -> Void
  ) {
    self.model = model
    self.onThought = onThought
    self.onText = onText
  }

  /// Takes the next bytes.
  func take(_ bytes: UnsafeRawBufferPointer) throws(EndpointError) {
    hasBegun = true
    for event in try stream.append(bytes) where !isDone {
      if event == "[DONE]" {
        isDone = true
      } else {
        try take(ChatEvent(event))
      }
    }
  }

  private func take(_ event: ChatEvent) throws(EndpointError) {
    if let message = event.failure { throw .failedInAnswer(message: message) }
    // A server may add a version to the name, as in "model@main" or "model-2026-01-01".
    if let answering = event.model, !answering.hasPrefix(model), !answering.isEmpty {
      throw .otherModel(asked: model, answering: answering)
    }
    if let piece = event.reasoning, !piece.isEmpty {
      begin()
      reply.reasoning = (reply.reasoning ?? "") + piece
      onThought(piece)
    }
    if let piece = event.text, !piece.isEmpty {
      begin()
      reply.text += piece
      onText(piece)
    }
    reply.finishReason = event.finishReason ?? reply.finishReason
    reply.usage = event.usage ?? reply.usage
  }

  private func begin() {
    reply.timeToFirstToken = reply.timeToFirstToken ?? elapsed
  }

  private var elapsed: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Whether the answer has its end; some servers send no `[DONE]`, but all of them a reason.
  var isComplete: Bool { isDone || reply.finishReason != nil }

  /// The whole answer.
  func finished() throws(EndpointError) -> EndpointReply {
    guard isComplete else { throw .cut }
    reply.seconds = elapsed
    return reply
  }

  /// What there is of an answer that the caller ended.
  func cancelled() -> EndpointReply {
    reply.seconds = elapsed
    reply.finishReason = "cancelled"
    return reply
  }
}
