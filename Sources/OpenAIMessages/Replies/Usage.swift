package import InternVL

/// The tokens of a request and its answers.
package struct Usage: Encodable, Sendable, Equatable {
  package struct PromptDetails: Encodable, Sendable, Equatable {
    /// Tokens that the KV cache held already.
    package let cachedTokens: Int
    /// Tokens that the pictures became.
    package let imageTokens: Int
  }

  package struct CompletionDetails: Encodable, Sendable, Equatable {
    /// Tokens of thoughts.
    package let reasoningTokens: Int
  }

  package let promptTokens: Int
  package let completionTokens: Int
  package let totalTokens: Int
  package let promptTokensDetails: PromptDetails
  package let completionTokensDetails: CompletionDetails

  /// Adds up the answers to one prompt.
  package init(_ replies: [Reply]) {
    promptTokens = replies.first?.promptTokenIDs.count ?? 0
    completionTokens = replies.reduce(0) { $0 + $1.tokenIDs.count }
    totalTokens = promptTokens + completionTokens
    promptTokensDetails = PromptDetails(
      cachedTokens: replies.first?.timings.reusedTokens ?? 0,
      imageTokens: replies.first?.timings.imageTokens ?? 0)
    completionTokensDetails = CompletionDetails(
      reasoningTokens: replies.reduce(0) { $0 + $1.reasoningTokens })
  }
}
