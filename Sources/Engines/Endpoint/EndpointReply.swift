import JSON

/// A server's answer.
package struct EndpointReply: Sendable, Equatable {
  /// Tokens, as the server counts them.
  package struct Usage: Sendable, Equatable {
    package var prompt: Int
    package var answer: Int
  }

  package var text = ""
  /// What the model thought before it answered; nil where it did not, or the server does not tell.
  package var reasoning: String?
  /// `stop` or `length`, in the server's words; `cancelled` where the caller did so.
  package var finishReason: String?
  /// Nil where the server does not tell.
  package var usage: Usage?
  /// Seconds from the request to the first piece of text; nil where there is none.
  package var timeToFirstToken: Double?
  /// Seconds from the request to the answer's end.
  package var seconds = 0.0

  package var isCancelled: Bool { finishReason == "cancelled" }
}
