import Imaging
import Kernels

/// InternViT: one tile of pixels to one vector per position.
///
/// Source: OpenGVLab's modeling_intern_vit.py. A block is
/// `x += ls1 · attention(norm1(x)); x += ls2 · fc2(gelu(fc1(norm2(x))))`; nothing follows the last.
final class VisionTower {
  let configuration: VisionConfiguration
  private let weights: VisionWeights
  private let compute: Compute
  private let attentionProducts: TileProducts
  /// Float values of a channel's 256 levels after (v / 255 − mean) / deviation.
  private let levels: [[Float]]

  // Scratch for one tile.
  private var patches: Activations
  private var input: LinearInput
  private var attention: LinearInput
  private var feedForward: FeedForward
  private var fused: Activations
  private var branch: Activations
  /// The residual stream, `[1 + patches, hidden]`; the class token is row 0.
  private(set) var stream: Activations

  init(
    _ weights: VisionWeights, configuration: VisionConfiguration, arithmetic: Arithmetic,
    compute: Compute
  ) {
    self.weights = weights
    self.configuration = configuration
    self.compute = compute
    attentionProducts = arithmetic.tileProducts
    levels = Self.normalizedLevels()
    let positions = configuration.positions
    let hidden = configuration.hidden
    patches = Activations(capacity: positions - 1, columns: configuration.patchInputs)
    input = LinearInput(capacity: positions, columns: hidden, arithmetic: arithmetic)
    attention = LinearInput(capacity: positions, columns: hidden, arithmetic: arithmetic)
    feedForward = FeedForward(
      capacity: positions, inner: configuration.intermediate, nonlinearity: .gelu,
      arithmetic: arithmetic)
    fused = Activations(capacity: positions, columns: 3 * hidden)
    branch = Activations(capacity: positions, columns: hidden)
    stream = Activations(capacity: positions, columns: hidden)
  }

  /// Bytes of the scratch.
  static func scratchBytes(_ configuration: VisionConfiguration, arithmetic: Arithmetic) -> Int {
    let positions = configuration.positions
    let hidden = configuration.hidden
    return Activations.byteCount(capacity: positions - 1, columns: configuration.patchInputs)
      + 2 * LinearInput.byteCount(capacity: positions, columns: hidden, arithmetic: arithmetic)
      + FeedForward.scratchBytes(
        capacity: positions, inner: configuration.intermediate, nonlinearity: .gelu,
        arithmetic: arithmetic)
      + Activations.byteCount(capacity: positions, columns: 3 * hidden)
      + 2 * Activations.byteCount(capacity: positions, columns: hidden)
  }

  /// Runs the tower on one tile of `imageSize` × `imageSize` and leaves the result in `stream`.
  func encode(_ tile: RGBImage, recorder: Recorder?) {
    embed(tile, recorder: recorder)
    recorder?.appendTile("vit.embeddings", stream)
    for (index, block) in weights.blocks.enumerated() {
      attend(block)
      transform(block)
      recorder?.appendTile("vit.block.\(index)", stream)
    }
  }

  /// Multiply-adds of the blocks for one tile.
  var multiplyAdds: Int {
    let (positions, hidden) = (configuration.positions, configuration.hidden)
    let attention = 2 * positions * positions * hidden
    return weights.blocks.reduce(0) { sum, block in
      block.products.reduce(sum + attention) { $0 + positions * $1.multiplyAdds }
    }
  }

  /// Bytes of the blocks' matrices.
  var productBytes: Int {
    weights.blocks.reduce(0) { sum, block in block.products.reduce(sum) { $0 + $1.byteCount } }
  }

  private func attend(_ block: VisionWeights.Block) {
    let hidden = configuration.hidden
    let epsilon = configuration.epsilon
    input.fill(normalizing: stream, block.norm1, epsilon: epsilon, for: block.qkv, on: compute)
    input.multiply(by: block.qkv, into: &fused, on: compute)
    if let norms = block.qkNorm {
      compute.rmsNormInPlace(&fused, columns: 0..<hidden, weight: norms.query, epsilon: epsilon)
      compute.rmsNormInPlace(
        &fused, columns: hidden..<2 * hidden, weight: norms.key, epsilon: epsilon)
    }
    attention.values.rows = fused.rows
    compute.attendTile(
      fused, heads: configuration.heads, products: attentionProducts, into: &attention.values)
    attention.multiply(
      by: block.projection, scale: block.scale1, addingTo: &stream, scratch: &branch, on: compute)
  }

  private func transform(_ block: VisionWeights.Block) {
    input.fill(
      normalizing: stream, block.norm2, epsilon: configuration.epsilon, for: block.fc1, on: compute)
    feedForward.run(
      &input, first: block.fc1, second: block.fc2, scale: block.scale2, addingTo: &stream,
      scratch: &branch, on: compute)
  }

  /// Pixels to the residual stream: patch products, class token, position embedding.
  private func embed(_ tile: RGBImage, recorder: Recorder?) {
    precondition(
      tile.width == configuration.imageSize && tile.height == configuration.imageSize,
      "tile of \(tile.width) × \(tile.height), expected \(configuration.imageSize)")
    fillPatches(tile)
    if let recorder { recordPixels(tile, recorder) }
    branch.rows = patches.rows
    compute.multiply(
      patches, weights.patchEmbedding.weight, bias: weights.patchEmbedding.bias, into: &branch)
    stream.rows = configuration.positions
    let hidden = configuration.hidden
    let positions = weights.positionEmbedding
    let target = stream.pointer
    let source = branch.pointer
    for column in 0..<hidden {
      target[column] = weights.classEmbedding[column] + positions[column]
    }
    for index in 0..<patches.rows * hidden {
      target[hidden + index] = source[index] + positions[hidden + index]
    }
  }

  /// Lays the tile's patches out as rows `[patches, 3 · patch · patch]` in the convolution's order.
  private func fillPatches(_ tile: RGBImage) {
    let side = configuration.patchSize
    let grid = configuration.patchesPerSide
    patches.rows = grid * grid
    let target = patches.pointer
    let pixels = tile.pixels
    var position = 0
    for patch in 0..<grid * grid {
      let (top, left) = (patch / grid * side, patch % grid * side)
      for channel in 0..<3 {
        let level = levels[channel]
        for row in top..<top + side {
          let line = (row * tile.width + left) * 3 + channel
          for column in 0..<side {
            target[position] = level[Int(pixels[line + 3 * column])]
            position += 1
          }
        }
      }
    }
  }

  /// The tile's pixels as the reference records them: `[3, side, side]`, normalised, and as bytes.
  private func recordPixels(_ tile: RGBImage, _ recorder: Recorder) {
    let count = tile.width * tile.height
    let planes = (0..<3).flatMap { channel in
      (0..<count).map { levels[channel][Int(tile.pixels[3 * $0 + channel])] }
    }
    recorder.append(
      "pixel_values", shape: [1, 3, tile.height, tile.width], values: planes)
    recorder.append("tile_pixels", shape: [1, tile.height, tile.width, 3], bytes: tile.pixels)
  }

  /// ImageNet statistics, as in OpenGVLab's `build_transform` (the same as torchvision's models).
  private static func normalizedLevels() -> [[Float]] {
    let means: [Float] = [0.485, 0.456, 0.406]
    let deviations: [Float] = [0.229, 0.224, 0.225]
    return zip(means, deviations).map { mean, deviation in
      (0..<256).map { (Float($0) / 255 - mean) / deviation }
    }
  }
}
