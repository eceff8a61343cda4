/// The answers about a picture, and how they were made.
package struct Caption: Sendable, Equatable {
  /// Why an answer ended.
  package enum Ending: String, Sendable {
    /// The model ended it, or a stop text came.
    case stop
    /// It reached the largest number of tokens, or the end of the context.
    case length
    /// It repeats itself.
    case repetition
  }

  /// An answer to one of the questions.
  package struct Answer: Sendable, Equatable {
    package var field: String
    package var text: String
    /// Whether the text is JSON, which rows hold as it is.
    package var isJSON: Bool
    package var ending: Ending

    package init(field: String, text: String, isJSON: Bool = false, ending: Ending = .stop) {
      self.field = field
      self.text = text
      self.isJSON = isJSON
      self.ending = ending
    }
  }

  /// In the order of the questions; at least one.
  package var answers: [Answer]
  /// Of all answers together.
  package var tokens: Int
  package var seconds: Double
  /// The largest length that an answer could have, where one was cut.
  package var maxTokens: Int?
  /// The length of the context, where it was full before an answer had its largest length.
  package var fullContext: Int?

  package init(
    answers: [Answer], tokens: Int, seconds: Double, maxTokens: Int? = nil, fullContext: Int? = nil
  ) {
    self.answers = answers
    self.tokens = tokens
    self.seconds = seconds
    self.maxTokens = maxTokens
    self.fullContext = fullContext
  }

  /// The worst ending of its answers.
  package var ending: Ending {
    let endings = answers.map(\.ending)
    return endings.contains(.length) ? .length : endings.contains(.repetition) ? .repetition : .stop
  }

  /// Whether an answer was cut off, and may now be longer.
  func isTooShort(maxTokens: Int, contextLength: Int) -> Bool {
    guard ending == .length else { return false }
    return if let fullContext {
      fullContext < contextLength
    } else {
      (self.maxTokens ?? 0) < maxTokens
    }
  }
}

/// The outcome for one picture.
package enum CaptionOutcome: Sendable, Equatable {
  case caption(Caption)
  /// The picture could not be captioned; the sentence says why.
  case failed(String)
}
