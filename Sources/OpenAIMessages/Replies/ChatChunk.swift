package import InternVL

/// A piece of a streamed chat completion.
package struct ChatChunk: Encodable, Sendable {
  package struct Delta: Encodable, Sendable {
    package var role: String?
    package var content: String?
    package var reasoningContent: String?
    package var toolCalls: [Call]?
  }

  /// A call in one piece.
  package struct Call: Encodable, Sendable {
    package let index = 0
    package let id: String
    package let type: String
    package let function: ToolCall.Function
  }

  package struct Choice: Encodable, Sendable {
    package let index: Int
    package let delta: Delta
    package let logprobs: ChatLogprobs?
    package let finishReason: OrNull<String>
  }

  package let id: String
  package let object = "chat.completion.chunk"
  package let created: Int
  package let model: String
  package let systemFingerprint: String
  package let choices: [Choice]
  package let usage: Usage?

  private init(_ head: AnswerHead, choices: [Choice], usage: Usage? = nil) {
    id = head.id
    created = head.created
    model = head.model
    systemFingerprint = head.fingerprint
    self.choices = choices
    self.usage = usage
  }

  /// The first piece of an answer, which names who speaks.
  package static func role(_ head: AnswerHead, index: Int) -> ChatChunk {
    ChatChunk(
      head,
      choices: [
        Choice(
          index: index, delta: Delta(role: "assistant", content: ""), logprobs: nil,
          finishReason: OrNull(nil))
      ])
  }

  /// The next piece of what the model thinks before it answers.
  package static func thought(_ head: AnswerHead, index: Int, _ text: String) -> ChatChunk {
    ChatChunk(
      head,
      choices: [
        Choice(
          index: index, delta: Delta(reasoningContent: text), logprobs: nil,
          finishReason: OrNull(nil))
      ])
  }

  /// The next piece of an answer's text; `choices` are the tokens since the last piece.
  package static func text(
    _ head: AnswerHead, index: Int, _ text: String, choices: [TokenChoice]
  ) -> ChatChunk {
    ChatChunk(
      head,
      choices: [
        Choice(
          index: index, delta: Delta(content: text),
          logprobs: choices.isEmpty ? nil : ChatLogprobs(choices), finishReason: OrNull(nil))
      ])
  }

  /// An answer that is a call; `choices` are all of its tokens.
  package static func call(
    _ head: AnswerHead, index: Int, _ call: ToolCall, choices: [TokenChoice]
  ) -> ChatChunk {
    let piece = Call(id: call.id, type: call.type, function: call.function)
    return ChatChunk(
      head,
      choices: [
        Choice(
          index: index, delta: Delta(toolCalls: [piece]),
          logprobs: choices.isEmpty ? nil : ChatLogprobs(choices), finishReason: OrNull(nil))
      ])
  }

  /// The end of an answer.
  package static func end(
    _ head: AnswerHead, index: Int, _ reason: String, choices: [TokenChoice]
  ) -> ChatChunk {
    ChatChunk(
      head,
      choices: [
        Choice(
          index: index, delta: Delta(),
          logprobs: choices.isEmpty ? nil : ChatLogprobs(choices),
          finishReason: OrNull(reason))
      ])
  }

  /// What was used, after all answers.
  package static func usage(_ head: AnswerHead, _ replies: [Reply]) -> ChatChunk {
    ChatChunk(head, choices: [], usage: Usage(replies))
  }
}
