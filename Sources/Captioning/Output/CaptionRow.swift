package import Foundation

/// What identifies the work: an image, a question and a model.
package struct CaptionKey: Hashable, Sendable, Codable {
  /// The image's absolute path.
  package var image: String
  /// The file's size in bytes and time of change, in milliseconds since 1970: another content
  /// shows in one of the two, and no image has to be read to see that it is done.
  package var bytes: Int
  package var modified: Int
  /// The question that was asked, the system message where it replaced the model's own, and the
  /// model that was asked.
  package var prompt: String
  package var system: String?
  package var model: String

  /// The key of an image as it is now; size and time are 0 when the file is gone.
  package init(image: URL, prompt: String, system: String? = nil, model: String) {
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: image.resolvingSymlinksInPath().path)
    self.image = image.path
    bytes = attributes?[.size] as? Int ?? 0
    let date = attributes?[.modificationDate] as? Date
    modified = date.map { Int(($0.timeIntervalSince1970 * 1000).rounded()) } ?? 0
    self.prompt = prompt
    self.system = system
    self.model = model
  }
}

/// A caption and how it was made.
package struct Caption: Sendable, Equatable, Codable {
  package var text: String
  /// Why it ended: "stop" or "length".
  package var finishReason: String
  package var tokens: Int
  package var seconds: Double
  /// The length of the context, where it was full before the answer had its largest length.
  package var fullContext: Int?

  package init(
    text: String, finishReason: String, tokens: Int, seconds: Double, fullContext: Int? = nil
  ) {
    self.text = text
    self.finishReason = finishReason
    self.tokens = tokens
    self.seconds = seconds
    self.fullContext = fullContext
  }

  /// Whether it was cut off and may now be longer.
  func isTooShort(maxTokens: Int, contextLength: Int) -> Bool {
    finishReason == "length" && tokens < maxTokens && (fullContext ?? 0) < contextLength
  }
}

/// The outcome for one image.
package enum CaptionOutcome: Sendable, Equatable {
  case caption(Caption)
  /// The image could not be captioned; the sentence says why.
  case failed(String)
}

/// One line of a caption file: an image and its caption, or why it has none.
package struct CaptionRow: Sendable, Equatable {
  package var key: CaptionKey
  package var outcome: CaptionOutcome

  package init(key: CaptionKey, outcome: CaptionOutcome) {
    self.key = key
    self.outcome = outcome
  }

  /// The caption's text, where there is one.
  package var text: String? {
    guard case .caption(let caption) = outcome else { return nil }
    return caption.text
  }
}

extension CaptionRow: Codable {
  private enum CodingKeys: String, CodingKey {
    case caption, error, tokens, seconds
    case finishReason = "finish_reason"
    case fullContext = "full_context"
  }

  package init(from decoder: any Decoder) throws {
    key = try CaptionKey(from: decoder)
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let error = try values.decodeIfPresent(String.self, forKey: .error) {
      outcome = .failed(error)
    } else {
      outcome = .caption(
        Caption(
          text: try values.decode(String.self, forKey: .caption),
          finishReason: try values.decode(String.self, forKey: .finishReason),
          tokens: try values.decode(Int.self, forKey: .tokens),
          seconds: try values.decode(Double.self, forKey: .seconds),
          fullContext: try values.decodeIfPresent(Int.self, forKey: .fullContext)))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    try key.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch outcome {
    case .failed(let error):
      try values.encode(error, forKey: .error)
    case .caption(let caption):
      try values.encode(caption.text, forKey: .caption)
      try values.encode(caption.finishReason, forKey: .finishReason)
      try values.encode(caption.tokens, forKey: .tokens)
      try values.encode(caption.seconds, forKey: .seconds)
      try values.encodeIfPresent(caption.fullContext, forKey: .fullContext)
    }
  }
}
