/// How a part of the model is kept in memory.
package enum WeightStorage: Sendable, Equatable {
  /// Two bytes a weight, as in the checkpoint.
  case sixteenBits
  /// Packed codes of 8 bits with one float32 scale per output and 128 inputs.
  case eightBits
  /// Packed codes of 4 bits with a float16 scale and zero point per output and 128 inputs.
  case fourBits

  /// The bytes that `count` weights take.
  package func bytes(_ count: Int) -> Int {
    switch self {
    case .sixteenBits: 2 * count
    case .eightBits: count + count / 32
    case .fourBits: count / 2 + count / 32
    }
  }
}

/// What decides how much memory a model takes, besides its shape.
package struct MemoryPlan: Sendable, Equatable {
  package var embedding: WeightStorage
  package var output: WeightStorage
  package var decoder: WeightStorage
  package var vision: WeightStorage
  /// Bytes of one element of the key/value cache.
  package var cacheElementBytes: Int
  /// Bytes that a key, or a value, has beside its elements.
  package var cacheScaleBytes: Int
  /// Tokens that the key/value cache has room for.
  package var contextLength: Int
  /// Tiles of one picture, its thumbnail included.
  package var tiles: Int

  /// What the published models cut a picture into at most: 12 tiles and the thumbnail.
  package static let usualTiles = 13

  /// How a checkpoint of this format is kept.
  ///
  /// `isFast` stands for products in 8-bit integers; without it, arithmetic is float32 on the
  /// weights as shipped.
  package init(format: ModelFormat, isFast: Bool, contextLength: Int, tiles: Int = usualTiles) {
    embedding = .sixteenBits
    output = isFast ? .eightBits : .sixteenBits
    vision = isFast ? .eightBits : .sixteenBits
    decoder =
      switch format {
      case .awq: .fourBits
      case .pytorch: isFast ? .eightBits : .sixteenBits
      }
    cacheElementBytes = isFast ? 2 : 4
    cacheScaleBytes = isFast ? 4 : 0
    self.contextLength = contextLength
    self.tiles = tiles
  }
}

/// The memory that a model needs while it answers, in bytes.
package struct MemoryEstimate: Sendable, Equatable {
  /// Weights, as they are kept in memory.
  package let weightBytes: Int
  /// Keys and values of every token of the context: only the key/value heads are kept, which
  /// with grouped queries are fewer than the query heads.
  package let cacheBytes: Int
  /// Working rows of the vision tower and the decoder, image embeddings and scores.
  package let activationBytes: Int

  package var totalBytes: Int { weightBytes + cacheBytes + activationBytes }

  package init(shape: ModelShape, plan: MemoryPlan) {
    let counts = shape.weightCounts
    let text = shape.language
    weightBytes =
      plan.embedding.bytes(counts.embedding) + plan.output.bytes(counts.output)
      + plan.decoder.bytes(counts.decoder) + plan.vision.bytes(counts.vision)
      + 4 * counts.small
    let positionBytes = 2 * (text.headWidth * plan.cacheElementBytes + plan.cacheScaleBytes)
    cacheBytes = text.layers * text.kvHeads * plan.contextLength * positionBytes
    activationBytes = 4 * Self.activationCount(shape: shape, plan: plan)
  }

  /// Prompt tokens that go through the decoder at a time.
  private static let prefillRows = 512

  /// Float32 values that live at the same time: the pixels and embeddings of all tiles of a
  /// picture, and the larger of the tower's rows for one tile and the decoder's for a slice.
  private static func activationCount(shape: ModelShape, plan: MemoryPlan) -> Int {
    let tower = shape.vision, text = shape.language
    let pixels = plan.tiles * 3 * tower.imageSize * tower.imageSize
    let embeddings = plan.tiles * tower.tokensPerTile * text.hidden
    // Residual, normed, attention output: 3 · hidden; fused q, k, v: 3 · hidden; MLP.
    let towerRows = (tower.patches + 1) * (6 * tower.hidden + tower.intermediate)
    let heads = (text.heads + 2 * text.kvHeads) * text.headWidth
    let textRows =
      min(prefillRows, plan.contextLength) * (4 * text.hidden + 2 * heads + 3 * text.intermediate)
    return pixels + embeddings + max(towerRows, textRows) + text.vocabulary
  }
}
