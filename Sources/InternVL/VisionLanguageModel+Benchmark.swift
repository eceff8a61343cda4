import Imaging
package import Kernels

/// What a benchmark measures apart from a scheduler's steps, and what it counts of them.
extension VisionLanguageModel {
  /// What measures the machine's limits with the model's threads.
  package func limitMeter() -> LimitMeter { LimitMeter(compute) }

  /// Encodes one tile of noise, projector included.
  package func benchmarkTile() {
    let side = configuration.tileSize
    var noise: UInt32 = 1
    let pixels = (0..<3 * side * side).map { _ in
      noise = noise &* 1_664_525 &+ 1_013_904_223
      return UInt8(noise >> 24)
    }
    var features: [Float] = []
    encode(
      RGBImage(width: side, height: side, pixels: pixels), appendingTo: &features, recorder: nil)
  }

  /// Tokens of a prompt that one pass reads.
  package static let pieceTokens = Prompt.pieceTokens

  /// Multiply-adds of one tile's blocks: products and attention, without patches and projector.
  package var tileMultiplyAdds: Int { tower.multiplyAdds }

  /// Bytes of the matrices of the vision tower and the language model.
  package var productBytes: Int { tower.productBytes + language.productBytes }

  /// Bytes of the weights that a greedy decode step reads: the decoder layers, and what the choice takes
  /// of the output layer.
  package var greedyBytes: Int { language.greedyBytes }

  /// Multiply-adds of the decoder's products for one prompt token, without those that only the last
  /// token needs.
  package var prefillMultiplyAdds: Int { language.promptMultiplyAdds }
}
