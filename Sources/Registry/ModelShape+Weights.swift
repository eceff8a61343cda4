/// How many weights each part of a model has.
///
/// The parts differ in how they are stored on disk and in memory.
package struct WeightCounts: Sendable, Equatable {
  /// The token embedding table.
  package var embedding = 0
  /// The output layer; 0 when it is tied to the embedding table.
  package var output = 0
  /// The matrices inside the decoder's layers: what AWQ quantises.
  package var decoder = 0
  /// The matrices of the vision tower and the projector.
  package var vision = 0
  /// Norms, biases, layer scales, positions: everything that is not a large matrix.
  package var small = 0

  /// All parameters.
  package var total: Int { embedding + output + decoder + vision + small }
}

extension ModelShape {
  /// The number of weights of each part.
  package var weightCounts: WeightCounts {
    var counts = WeightCounts()
    let tower = vision, text = language

    let patchWeights = 3 * tower.patchSize * tower.patchSize * tower.hidden
    let normWeights = tower.hidden * (tower.hasNormBias ? 2 : 1)
    counts.vision =
      patchWeights
      + tower.layers * (4 * tower.hidden * tower.hidden + 2 * tower.hidden * tower.intermediate)
    counts.small =
      tower.hidden * (tower.patches + 3)  // class token, its position, patch bias
      + tower.layers
      * (2 * normWeights  // two norms
        + 2 * tower.hidden  // two layer scales
        + (tower.hasQKVBias ? 3 : 0) * tower.hidden + (tower.hasQKNorm ? 2 : 0) * tower.hidden
        + 2 * tower.hidden + tower.intermediate)  // biases of proj, fc2 and fc1

    let joined = 4 * tower.hidden  // 2 × 2 patches
    counts.vision += joined * text.hidden + text.hidden * text.hidden
    counts.small += 2 * joined + 2 * text.hidden

    let queryWidth = text.heads * text.headWidth, keyWidth = text.kvHeads * text.headWidth
    counts.embedding = text.vocabulary * text.hidden
    counts.output = text.isTied ? 0 : counts.embedding
    counts.decoder =
      text.layers
      * (2 * queryWidth * text.hidden + 2 * keyWidth * text.hidden
        + 3 * text.hidden * text.intermediate)
    counts.small +=
      text.hidden
      + text.layers
      * (2 * text.hidden + (text.layout == .qwen2 ? queryWidth + 2 * keyWidth : 0))
    return counts
  }

  /// The bytes of a checkpoint's tensors on disk: what has to be downloaded, apart from
  /// the configuration and the tokenizer (about 15 MB).
  ///
  /// AWQ stores a decoder matrix as 4-bit codes, and per 128 inputs and output a 4-bit zero
  /// point and a float16 scale; all else takes two bytes a weight.
  package func checkpointBytes(_ format: ModelFormat) -> Int {
    let counts = weightCounts
    switch format {
    case .pytorch: return 2 * counts.total
    case .awq:
      let groups = counts.decoder / 128
      return 2 * (counts.total - counts.decoder) + counts.decoder / 2 + groups / 2 + 2 * groups
    }
  }
}
