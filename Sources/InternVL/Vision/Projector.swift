import Kernels

/// Joins neighbouring patches and maps them to the language model's width (`mlp1`).
final class Projector {
  private let weights: ProjectorWeights
  private let configuration: Configuration
  private let compute: Compute
  private var shuffled: Activations
  private var normed: LinearInput
  private var feedForward: FeedForward
  private var output: Activations

  init(
    _ weights: ProjectorWeights, configuration: Configuration, arithmetic: Arithmetic,
    compute: Compute
  ) {
    self.weights = weights
    self.configuration = configuration
    self.compute = compute
    let tokens = configuration.tokensPerTile
    let joined = configuration.joinedPatchWidth
    let hidden = configuration.language.hidden
    shuffled = Activations(capacity: tokens, columns: joined)
    normed = LinearInput(capacity: tokens, columns: joined, arithmetic: arithmetic)
    feedForward = FeedForward(
      capacity: tokens, inner: hidden, nonlinearity: .gelu, arithmetic: arithmetic)
    output = Activations(capacity: tokens, columns: hidden)
  }

  /// Bytes of the scratch.
  static func scratchBytes(_ configuration: Configuration, arithmetic: Arithmetic) -> Int {
    let tokens = configuration.tokensPerTile
    let joined = configuration.joinedPatchWidth
    let hidden = configuration.language.hidden
    return Activations.byteCount(capacity: tokens, columns: joined)
      + LinearInput.byteCount(capacity: tokens, columns: joined, arithmetic: arithmetic)
      + FeedForward.scratchBytes(
        capacity: tokens, inner: hidden, nonlinearity: .gelu, arithmetic: arithmetic)
      + Activations.byteCount(capacity: tokens, columns: hidden)
  }

  /// One tile's positions `[1 + patches, visionHidden]` to its tokens.
  ///
  /// Appends `tokensPerTile · languageHidden` values to `features`, row by row.
  func project(
    _ stream: borrowing Activations, appendingTo features: inout [Float], recorder: Recorder?
  ) {
    shuffle(stream)
    recorder?.appendTile("vit.pixel_shuffle", shuffled)
    // PyTorch's default LayerNorm epsilon; not in config.json.
    normed.fill(
      normalizing: shuffled, weights.norm, epsilon: 1e-5, for: weights.fc1, on: compute)
    feedForward.run(
      &normed, first: weights.fc1, second: weights.fc2, into: &output, on: compute)
    recorder?.appendTile("projector", output)
    features.append(
      contentsOf: UnsafeBufferPointer(start: output.pointer, count: output.rows * output.columns))
  }

  /// Pixel shuffle, version 2, without the class token in row 0.
  ///
  /// Token (R, C) is the concatenation of the patches (nR + i, nC + j) for i, j in 0..<n, j fastest.
  /// Source: `pixel_shuffle` with `ps_version` v2 in OpenGVLab's modeling_internvl_chat.py.
  private func shuffle(_ stream: borrowing Activations) {
    let side = configuration.patchesPerTokenSide
    let grid = configuration.vision.patchesPerSide
    let width = configuration.vision.hidden
    shuffled.rows = configuration.tokensPerTile
    var target = shuffled.pointer
    for token in 0..<configuration.tokensPerTile {
      let (top, left) = (token / (grid / side) * side, token % (grid / side) * side)
      for row in top..<top + side {
        for column in left..<left + side {
          target.update(from: stream.pointer + (1 + row * grid + column) * width, count: width)
          target += width
        }
      }
    }
  }
}
