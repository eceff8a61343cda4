import Tokenizers

/// Tells an answer's thought, what stands between `<think>` and `</think>`, from the answer itself.
///
/// A thought begins where the answer has no text yet. What is shown of it has no white space at its ends.
struct ThoughtText {
  private let marks: (start: Int32, end: Int32)?
  private let limit: Int?
  /// Its tokens so far, with the mark of its end.
  private(set) var count = 0
  /// Whether the next token is part of it.
  private(set) var isOpen: Bool
  private var reply: ReplyText
  /// What may be shown and was not taken yet.
  private var shown = ""

  /// A thought that goes on where the end of `prompt`, the beginning of the answer, leaves it open.
  init(_ model: VisionLanguageModel, prompt: Prompt, limit: Int?) {
    marks = model.special.thought
    self.limit = limit
    reply = ReplyText(model.tokenizer, stop: [])
    isOpen = false
    guard let marks else { return }
    let answer = prompt.tokens.reversed().prefix { $0 != model.special.messageStart }
    isOpen = answer.first { $0 == marks.start || $0 == marks.end } == marks.start
  }

  /// All of the thought so far; nil where there is none.
  var text: String? { reply.text.isEmpty ? nil : reply.text }

  /// The token in place of the chosen one, where the thought has been long enough, or must end now.
  func replacing(_ token: Int32, endsNow: Bool) -> Int32 {
    guard isOpen, let marks, endsNow || count >= limit ?? .max else { return token }
    return marks.end
  }

  /// Takes a token that is a mark or part of the thought; false where it belongs to the answer.
  mutating func take(_ token: Int32, answerIsEmpty: Bool) -> Bool {
    guard let marks else { return false }
    if isOpen {
      isOpen = token != marks.end
      count += 1
      shown += isOpen ? reply.append(token) : reply.finish()
      return true
    }
    guard token == marks.start, answerIsEmpty else { return false }
    isOpen = true
    return true
  }

  /// Ends the thought with the answer.
  mutating func finish() { shown += reply.finish() }

  /// The text that may be shown now.
  mutating func takeShown() -> String {
    defer { shown = "" }
    return shown
  }
}
