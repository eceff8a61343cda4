package import InternVL

/// What every answer to a request says about itself.
package struct AnswerHead: Sendable {
  package let id: String
  /// Seconds since 1970.
  package let created: Int
  package let model: String
  /// Names what the answers depend on beside the request.
  package let fingerprint: String

  package init(prefix: String, created: Int, model: String, fingerprint: String) {
    id = Identifier.make(prefix)
    self.created = created
    self.model = model
    self.fingerprint = fingerprint
  }
}

/// A chat completion as a whole.
package struct ChatCompletion: Encodable, Sendable {
  package struct Choice: Encodable, Sendable {
    package let index: Int
    package let message: ChatMessage
    package let logprobs: OrNull<ChatLogprobs>
    package let finishReason: String
  }

  package let id: String
  package let object = "chat.completion"
  package let created: Int
  package let model: String
  package let systemFingerprint: String
  package let choices: [Choice]
  package let usage: Usage

  /// The answers to one prompt; `hasLogprobs` where they were asked for, `isCall` where they call
  /// functions.
  package init(_ head: AnswerHead, replies: [Reply], hasLogprobs: Bool, isCall: Bool) {
    id = head.id
    created = head.created
    model = head.model
    systemFingerprint = head.fingerprint
    choices = replies.enumerated().map { index, reply in
      let call = isCall ? ToolCall(reply.text) : nil
      return Choice(
        index: index,
        message: ChatMessage(
          content: OrNull(call == nil ? reply.text : nil), toolCalls: call.map { [$0] },
          reasoningContent: reply.reasoning),
        logprobs: OrNull(hasLogprobs ? ChatLogprobs(reply.choices) : nil),
        finishReason: call == nil ? reply.finishReason.rawValue : ToolCall.finishReason)
    }
    usage = Usage(replies)
  }
}

/// The model's message.
package struct ChatMessage: Encodable, Sendable {
  package let role = "assistant"
  /// Null where functions are called.
  package let content: OrNull<String>
  package let toolCalls: [ToolCall]?
  /// What the model thought before it answered.
  package let reasoningContent: String?
  /// The model refuses nothing.
  package let refusal = OrNull<String>(nil)
}
