import Tokenizers

/// The ids of the tokens that the template is built from.
struct SpecialTokens {
  /// Begins a message.
  let messageStart: Int32
  /// End an answer; the first is the template's own.
  let stops: [Int32]
  /// Stands for one row of a picture.
  let imageContent: Int32
  /// Stand around a thought; nil where the tokenizer does not have both.
  let thought: (start: Int32, end: Int32)?
  /// Stands for a video in prompts of transformers; nil where the tokenizer has none.
  let video: Int32?

  /// Looks the tokens up.
  ///
  /// - Throws: `InternVLError.missingToken` for one that the tokenizer does not have, or whose id is
  ///   outside of the model's vocabulary.
  init(_ tokenizer: any Tokenizer, _ configuration: Configuration) throws(InternVLError) {
    let vocabulary = configuration.language.vocabulary
    func id(_ text: String) throws(InternVLError) -> Int32 {
      guard let token = tokenizer.id(of: text), token < vocabulary else {
        throw .missingToken(text)
      }
      return token
    }
    messageStart = try id(ConversationTemplate.messageStart)
    stops = [try id(ConversationTemplate.stop)] + configuration.stopTokens.sorted()
    imageContent = try id(ConversationTemplate.imageContent)
    let start = try? id(ConversationTemplate.thoughtStart)
    let end = try? id(ConversationTemplate.thoughtEnd)
    if let start, let end { thought = (start, end) } else { thought = nil }
    video = tokenizer.id(of: ConversationTemplate.video)
    _ = try id(ConversationTemplate.imageStart)
  }
}
