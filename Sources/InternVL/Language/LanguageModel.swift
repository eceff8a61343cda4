import Kernels

/// The decoder: token embeddings of one or several sequences to logits.
///
/// A layer is `x += output(attention(norm(x))); x += down(silu(gate(norm(x))) · up(norm(x)))`.
/// Linear layers see the rows of all sequences at once; attention sees each sequence alone.
final class LanguageModel {
  /// One sequence's share of a forward pass.
  struct Slice {
    let sequence: SequenceState
    /// Rows of the batch, after those of the slice before, appended to the sequence's cache in this
    /// order.
    let rows: Range<Int>
    /// The sequence's length that decides the rotary base: for a prompt, the whole prompt.
    let length: Int

    func cachedRows(layer: Int) -> CachedRows {
      CachedRows(rows: rows, cache: sequence.caches[layer])
    }
  }

  let configuration: LanguageConfiguration
  private let weights: LanguageWeights
  private let compute: Compute
  private let cacheFormat: KeyValueCache.Format
  private let heads: HeadLayout

  // Scratch for one forward pass.
  private var input: LinearInput
  private var attention: LinearInput
  private var feedForward: FeedForward
  private var fused: Activations
  private var queries: Activations
  private var branch: Activations
  /// `[rows, headWidth / 2]`, of the angles of the rows' positions.
  private var cosines: [Float] = []
  private var sines: [Float] = []
  /// The residual stream, `[rows, hidden]`; filled with embeddings before a pass.
  var stream: Activations
  /// One row of logits a slice, after a pass.
  var output: OutputLayer

  /// Reserves scratch for passes of at most `rows` rows over at most `sequences` sequences.
  init(
    _ weights: LanguageWeights, configuration: LanguageConfiguration, arithmetic: Arithmetic,
    compute: Compute, rows: Int, sequences: Int
  ) {
    self.weights = weights
    self.configuration = configuration
    self.compute = compute
    cacheFormat = arithmetic.cacheFormat
    heads = configuration.headLayout
    let hidden = configuration.hidden
    let queryColumns = configuration.heads * configuration.headWidth
    let keyColumns = configuration.keyValueHeads * configuration.headWidth
    input = LinearInput(capacity: rows, columns: hidden, arithmetic: arithmetic)
    attention = LinearInput(capacity: rows, columns: queryColumns, arithmetic: arithmetic)
    feedForward = FeedForward(
      capacity: rows, inner: configuration.intermediate, nonlinearity: .swiGLU,
      arithmetic: arithmetic)
    fused = Activations(capacity: rows, columns: queryColumns + 2 * keyColumns)
    queries = Activations(capacity: rows, columns: queryColumns)
    branch = Activations(capacity: rows, columns: hidden)
    stream = Activations(capacity: rows, columns: hidden)
    output = OutputLayer(weights.output, configuration: configuration, capacity: sequences)
  }

  /// An empty sequence of at most `capacity` positions.
  func makeSequence(capacity: Int) -> SequenceState {
    SequenceState(configuration, capacity: capacity, format: cacheFormat)
  }

  /// Writes a token's embedding into a row of `stream`.
  func embed(_ token: Int32, row: Int) {
    weights.embedding.copyRow(Int(token), into: &stream, row: row)
  }

  /// Runs the decoder over the rows of `stream` and appends them to the sequences' caches.
  ///
  /// Leaves in `output` one row a slice: the logits after the slice's last row. When no slice
  /// needs them (all but the last piece of a long prompt), `wantsLogits` is false.
  func forward(_ slices: [Slice], wantsLogits: Bool, recorder: Recorder?) {
    for slice in slices { slice.sequence.reserve(slice.length) }
    fillAngles(slices)
    recorder?.appendRows("llm.inputs_embeds", stream, rows: 0..<stream.rows)
    for (index, layer) in weights.layers.dropLast().enumerated() {
      store(layer, slices, index)
      attend(layer, slices, index)
      transform(layer)
      recorder?.appendRows("llm.layer.\(index)", stream, rows: 0..<stream.rows)
    }
    finish(slices, wantsLogits: wantsLogits, recorder: recorder)
  }

  /// The last layer, the norm and the logits.
  ///
  /// Of the last layer every row's keys and values are kept, but only a slice's last row goes on. A
  /// recording shows all of them.
  private func finish(_ slices: [Slice], wantsLogits: Bool, recorder: Recorder?) {
    guard let layer = weights.layers.last else { return }
    let index = weights.layers.count - 1
    store(layer, slices, index)
    guard wantsLogits || recorder != nil else { return }
    let slices = recorder == nil ? keepLastRows(slices) : slices
    attend(layer, slices, index)
    transform(layer)
    if let recorder {
      recorder.appendRows("llm.layer.\(index)", stream, rows: 0..<stream.rows)
      compute.normalize(
        stream, weights.norm, epsilon: configuration.epsilon, into: &input.values)
      recorder.appendRows("llm.norm", input.values, rows: 0..<stream.rows)
      _ = keepLastRows(slices)
    }
    guard wantsLogits else { return }
    output.multiply(
      stream, normalizedBy: weights.norm, epsilon: configuration.epsilon, on: compute)
  }

  /// Appends the rows' keys and values to the caches; leaves their queries in `queries`.
  private func store(_ layer: LanguageWeights.Layer, _ slices: [Slice], _ index: Int) {
    input.fill(
      normalizing: stream, layer.attentionNorm, epsilon: configuration.epsilon, on: compute)
    input.multiply(by: layer.qkv, into: &fused, on: compute)
    compute.rotateAndStore(
      fused, heads: heads, cosines: cosines, sines: sines, queries: &queries,
      slices: slices.map { $0.cachedRows(layer: index) })
  }

  private func attend(_ layer: LanguageWeights.Layer, _ slices: [Slice], _ index: Int) {
    attention.values.rows = stream.rows
    compute.attend(
      queries, slices: slices.map { $0.cachedRows(layer: index) }, into: &attention.values)
    attention.multiply(
      by: layer.attentionOutput, scale: nil, addingTo: &stream, scratch: &branch, on: compute)
  }

  private func transform(_ layer: LanguageWeights.Layer) {
    input.fill(
      normalizing: stream, layer.feedForwardNorm, epsilon: configuration.epsilon, on: compute)
    feedForward.run(
      &input, first: layer.gateUp, second: layer.down, scale: nil, addingTo: &stream,
      scratch: &branch, on: compute)
  }

  /// Drops all rows of `stream` and `queries` but the last of each slice.
  ///
  /// - Returns: the slices of what is left.
  private func keepLastRows(_ slices: [Slice]) -> [Slice] {
    let kept = slices.map { $0.rows.upperBound - 1 }
    stream.keep(rows: kept)
    queries.keep(rows: kept)
    return slices.enumerated().map { row, slice in
      Slice(sequence: slice.sequence, rows: row..<row + 1, length: slice.length)
    }
  }

  /// The angles of every slice's positions, once for all layers.
  private func fillAngles(_ slices: [Slice]) {
    cosines.removeAll(keepingCapacity: true)
    sines.removeAll(keepingCapacity: true)
    for slice in slices {
      slice.sequence.appendAngles(
        rows: slice.rows.count, length: slice.length, cosines: &cosines, sines: &sines)
    }
  }

  /// Bytes of matrices that a greedy step reads.
  var greedyBytes: Int {
    weights.products.reduce(weights.output.greedyByteCount) { $0 + $1.byteCount }
  }

  /// Multiply-adds of the layers' products for one row of a prompt; see `finish`.
  var promptMultiplyAdds: Int {
    let skipped = weights.layers.last.map { [$0.attentionOutput, $0.gateUp, $0.down] } ?? []
    return weights.products.reduce(0) { $0 + $1.multiplyAdds }
      - skipped.reduce(0) { $0 + $1.multiplyAdds }
  }
}
