package import Tokenizers

/// Turns conversations into a model's prompts, on any thread.
package struct PromptBuilder: Sendable {
  /// What config.json says.
  package let configuration: Configuration
  package let tokenizer: any Tokenizer
  /// Tokens that a prompt and its answer may have together.
  package let contextLength: Int
  let special: SpecialTokens

  /// The prompt of a conversation.
  ///
  /// - Throws: `InternVLError` when the conversation does not fit its pictures, the model's tokens or
  ///   the context.
  package func prompt(
    _ conversation: Conversation, maxTiles: Int?, prefill: String = ""
  ) throws(InternVLError) -> Prompt {
    try checked(
      Prompt(
        conversation, maxTiles: maxTiles, prefill: prefill, configuration: configuration,
        tokenizer: tokenizer, special: special))
  }

  /// The prompt that is a text as it stands, without a template.
  ///
  /// - Throws: `InternVLError` when it is empty, holds a token that stands for image content, or does
  ///   not fit the model's tokens or the context.
  package func prompt(continuing text: String) throws(InternVLError) -> Prompt {
    let tokens = tokenizer.encode(text)
    guard !tokens.isEmpty else { throw .emptyConversation }
    guard !tokens.contains(special.imageContent) else {
      throw .reservedToken(ConversationTemplate.imageContent)
    }
    return try checked(Prompt(tokens: tokens))
  }

  private func checked(_ prompt: Prompt) throws(InternVLError) -> Prompt {
    let vocabulary = configuration.language.vocabulary
    if let token = prompt.tokens.first(where: { $0 >= vocabulary }) {
      if token == special.video { throw .reservedToken(ConversationTemplate.video) }
      throw .unknownToken(
        tokenizer.decode([token], skippingSpecial: false), id: token, vocabulary: vocabulary)
    }
    guard prompt.tokens.count < contextLength else {
      throw .promptTooLong(tokens: prompt.tokens.count, context: contextLength)
    }
    return prompt
  }
}
