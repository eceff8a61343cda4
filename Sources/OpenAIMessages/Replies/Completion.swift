package import InternVL

/// A text completion, whole or a piece of one.
package struct Completion: Encodable, Sendable {
  package struct Choice: Encodable, Sendable {
    package let index: Int
    package let text: String
    package let logprobs: OrNull<CompletionLogprobs>
    package let finishReason: OrNull<String>
  }

  package let id: String
  package let object = "text_completion"
  package let created: Int
  package let model: String
  package let systemFingerprint: String
  package let choices: [Choice]
  package let usage: Usage?

  private init(_ head: AnswerHead, choices: [Choice], usage: Usage?) {
    id = head.id
    created = head.created
    model = head.model
    systemFingerprint = head.fingerprint
    self.choices = choices
    self.usage = usage
  }

  /// The answers to one prompt; `hasLogprobs` where they were asked for.
  package init(_ head: AnswerHead, replies: [Reply], hasLogprobs: Bool) {
    self.init(
      head,
      choices: replies.enumerated().map { index, reply in
        Choice(
          index: index, text: reply.text,
          logprobs: OrNull(hasLogprobs ? CompletionLogprobs(reply.choices) : nil),
          finishReason: OrNull(reply.finishReason.rawValue))
      },
      usage: Usage(replies))
  }

  /// The next piece of an answer; `choices` are the tokens since the last piece.
  package static func piece(
    _ head: AnswerHead, index: Int, _ text: String, choices: [TokenChoice],
    reason: Reply.FinishReason? = nil
  ) -> Completion {
    Completion(
      head,
      choices: [
        Choice(
          index: index, text: text,
          logprobs: OrNull(choices.isEmpty ? nil : CompletionLogprobs(choices)),
          finishReason: OrNull(reason?.rawValue))
      ],
      usage: nil)
  }

  /// What was used, after all answers.
  package static func usage(_ head: AnswerHead, _ replies: [Reply]) -> Completion {
    Completion(head, choices: [], usage: Usage(replies))
  }
}

/// How likely the tokens of a text completion were.
package struct CompletionLogprobs: Encodable, Sendable {
  package let tokens: [String]
  package let tokenLogprobs: [Float]
  package let topLogprobs: [[String: Float]]
  /// Where each token begins, in characters from the beginning of these tokens.
  package let textOffset: [Int]

  package init(_ choices: [TokenChoice]) {
    tokens = choices.map { String(decoding: $0.chosen.bytes, as: UTF8.self) }
    tokenLogprobs = choices.map(\.chosen.logprob)
    topLogprobs = choices.map { choice in
      Dictionary(
        choice.top.map { (String(decoding: $0.bytes, as: UTF8.self), $0.logprob) },
        uniquingKeysWith: { first, _ in first })
    }
    var offset = 0
    textOffset = tokens.map { token in
      defer { offset += token.unicodeScalars.count }
      return offset
    }
  }
}
