import Tokenizers

/// The ids of the tokens that the template is built from.
struct SpecialTokens {
  /// Begins a message.
  let messageStart: Int32
  /// Ends an answer.
  let stop: Int32
  /// Stands for one row of a picture.
  let imageContent: Int32

  /// Looks the tokens up.
  ///
  /// - Throws: `InternVLError.missingToken` for one that the tokenizer does not have, or whose id is
  ///   outside of the model's vocabulary.
  init(_ tokenizer: any Tokenizer, vocabulary: Int) throws(InternVLError) {
    func id(_ text: String) throws(InternVLError) -> Int32 {
      guard let token = tokenizer.id(of: text), token < vocabulary else {
        throw .missingToken(text)
      }
      return token
    }
    messageStart = try id(ConversationTemplate.messageStart)
    stop = try id(ConversationTemplate.stop)
    imageContent = try id(ConversationTemplate.imageContent)
    _ = try id(ConversationTemplate.imageStart)
  }
}
