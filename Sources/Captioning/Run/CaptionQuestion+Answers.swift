import InternVL
import JSON

extension CaptionQuestion {
  /// An answer to one of the prompts.
  struct GivenAnswer {
    var text: String
    var tokens: Int
    /// Whether it reached the largest number of tokens, or the end of the context.
    var isCut: Bool
    var isContextFull = false
  }

  /// What the answers to all prompts make together, in their order.
  func caption(
    _ answers: [GivenAnswer], seconds: Double, contextLength: Int? = nil
  ) -> Caption {
    var caption = Caption(answers: [], tokens: 0, seconds: seconds)
    for (prompt, answer) in zip(prompts, answers) {
      let ending: Caption.Ending =
        Repetition.isLoop(answer.text) ? .repetition : answer.isCut ? .length : .stop
      let isJSON = options.shape != nil && JSONValue.isJSON(answer.text)
      caption.answers.append(
        Caption.Answer(
          field: prompt.field,
          text: isJSON ? answer.text : style.applied(to: answer.text), isJSON: isJSON,
          ending: ending))
      caption.tokens += answer.tokens
      guard ending == .length else { continue }
      if answer.isContextFull {
        caption.fullContext = contextLength
      } else {
        caption.maxTokens = options.maxTokens
      }
    }
    return caption
  }
}

extension CaptionQuestion.GivenAnswer {
  /// The native engine's.
  init(_ reply: Reply) {
    self.init(
      text: reply.text, tokens: reply.tokenIDs.count, isCut: reply.finishReason == .length,
      isContextFull: reply.notes.contains {
        if case .contextFull = $0 { true } else { false }
      })
  }
}

extension JSONValue {
  /// Whether a row can hold a text as it is, and be read again.
  fileprivate static func isJSON(_ text: String) -> Bool {
    (try? JSONValue(Array(text.utf8).span.bytes, file: "")) != nil
  }
}
