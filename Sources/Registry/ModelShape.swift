/// The dimensions of a vision tower.
package struct VisionShape: Sendable, Equatable {
  /// Side of a tile and of a patch, in pixels.
  package var imageSize: Int, patchSize: Int
  package var hidden: Int, layers: Int, heads: Int, intermediate: Int
  /// Whether the fused query/key/value product has a bias.
  package var hasQKVBias: Bool
  /// Whether queries and keys are normalised over the full width.
  package var hasQKNorm: Bool
  /// Whether the norms have a bias: LayerNorm has, RMSNorm has not.
  package var hasNormBias: Bool

  package init(
    imageSize: Int, patchSize: Int, hidden: Int, layers: Int, heads: Int, intermediate: Int,
    hasQKVBias: Bool, hasQKNorm: Bool, hasNormBias: Bool
  ) {
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.hidden = hidden
    self.layers = layers
    self.heads = heads
    self.intermediate = intermediate
    self.hasQKVBias = hasQKVBias
    self.hasQKNorm = hasQKNorm
    self.hasNormBias = hasNormBias
  }
}

/// The dimensions of a language model.
package struct LanguageShape: Sendable, Equatable {
  /// How the attention and the biases are stored.
  package enum Layout: String, Sendable, CaseIterable {
    /// Separate query, key and value matrices with biases.
    case qwen2
    /// Separate matrices without biases, and a norm of each query and key head.
    case qwen3
    /// One fused matrix for query, key and value, no biases.
    case internlm2
  }

  package var layout: Layout
  package var hidden: Int, layers: Int, heads: Int, kvHeads: Int, headWidth: Int
  package var intermediate: Int, vocabulary: Int
  /// Whether the output layer is the embedding table itself.
  package var isTied: Bool

  package init(
    layout: Layout, hidden: Int, layers: Int, heads: Int, kvHeads: Int, headWidth: Int,
    intermediate: Int, vocabulary: Int, isTied: Bool
  ) {
    self.layout = layout
    self.hidden = hidden
    self.layers = layers
    self.heads = heads
    self.kvHeads = kvHeads
    self.headWidth = headWidth
    self.intermediate = intermediate
    self.vocabulary = vocabulary
    self.isTied = isTied
  }
}

/// The dimensions of a whole vision-language model.
package struct ModelShape: Sendable, Equatable {
  package var vision: VisionShape
  package var language: LanguageShape

  package init(vision: VisionShape, language: LanguageShape) {
    self.vision = vision
    self.language = language
  }
}
