import InternVL

/// Conversations of one picture each that are to be answered at the same time.
package struct BatchRequest: Sendable, Equatable {
  /// How many there may be; fewer run where memory is short.
  package var conversations: Int
  /// The most tokens of an answer.
  package var answerTokens: Int

  /// Tokens of text that a prompt is taken to have beside its picture.
  private static let textTokens = 256

  package init(conversations: Int, answerTokens: Int) {
    self.conversations = conversations
    self.answerTokens = answerTokens
  }

  /// The options under which as many of the conversations fit into free memory as can, at least one.
  ///
  /// - Throws: `InternVLError` where the configuration cannot be planned.
  func options(
    _ options: ModelOptions, configuration: Configuration, maxTiles: Int?, freeBytes: Int?
  ) throws(InternVLError) -> ModelOptions {
    let plan = try ModelPlan(configuration)
    let picture = configuration.mostTiles(limit: maxTiles) * configuration.tokensPerTile
    let each = min(options.contextLength, picture + Self.textTokens + answerTokens)
    var batch = options
    batch.sequences = conversations
    for count in stride(from: conversations, to: 0, by: -1) {
      batch.cacheLength = max(options.contextLength, count * each)
      let need = plan.memory(batch, maxTiles: maxTiles).totalBytes
      if freeBytes.map({ need <= $0 }) ?? true { break }
    }
    return batch
  }
}
