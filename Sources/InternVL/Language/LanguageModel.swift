import Kernels

/// The decoder: token embeddings of one or several sequences to logits.
///
/// A layer is `x += output(attention(norm(x))); x += down(silu(gate(norm(x))) · up(norm(x)))`.
/// Linear layers see the rows of all sequences at once; attention sees each sequence alone.
final class LanguageModel {
  /// What goes through the decoder at once: the newest tokens of answers that are being generated, a
  /// row each, and after them a piece of one prompt.
  struct Pass {
    /// The sequences that get one more position and logits, in the order of their rows.
    var decoding: [SequenceState] = []
    /// The piece of a prompt; nil where none is read.
    var piece: Piece?

    /// How many rows of logits come out.
    var logitRows: Int { decoding.count + (piece?.wantsLogits == true ? 1 : 0) }
  }

  /// Consecutive positions of one sequence's prompt.
  struct Piece {
    let sequence: SequenceState
    let rows: Int
    /// The length of the whole prompt, which decides the rotary base.
    let promptLength: Int
    /// Whether the logits after its last row are wanted.
    let wantsLogits: Bool
  }

  /// One sequence's share of a pass.
  private struct Slice {
    let sequence: SequenceState
    let rows: Range<Int>
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

  /// Bytes of the scratch for passes of at most `rows` rows over at most `sequences` sequences.
  static func scratchBytes(
    _ configuration: LanguageConfiguration, arithmetic: Arithmetic, rows: Int, sequences: Int
  ) -> Int {
    let hidden = configuration.hidden
    let queryColumns = configuration.heads * configuration.headWidth
    let keyColumns = configuration.keyValueHeads * configuration.headWidth
    return LinearInput.byteCount(capacity: rows, columns: hidden, arithmetic: arithmetic)
      + LinearInput.byteCount(capacity: rows, columns: queryColumns, arithmetic: arithmetic)
      + FeedForward.scratchBytes(
        capacity: rows, inner: configuration.intermediate, nonlinearity: .swiGLU,
        arithmetic: arithmetic)
      + Activations.byteCount(capacity: rows, columns: queryColumns + 2 * keyColumns)
      + Activations.byteCount(capacity: rows, columns: queryColumns)
      + 2 * Activations.byteCount(capacity: rows, columns: hidden)
      + OutputLayer.scratchBytes(
        configuration, arithmetic: arithmetic, capacity: sequences)
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
  /// Leaves in `output` the logits of the decoding sequences in their order, and after them those of
  /// the piece where it wants them. A row's bits depend neither on the other sequences nor on how
  /// many there are: decoding rows take the products for single rows, a piece's the products for many.
  ///
  /// - Precondition: `stream` has as many rows as the pass; a recorder goes with one sequence alone.
  func forward(_ pass: Pass, recorder: Recorder?) {
    let slices = slices(of: pass)
    for slice in slices { slice.sequence.reserve(slice.length) }
    fillAngles(slices)
    singleRows = pass.decoding.count
    recorder?.appendRows("llm.inputs_embeds", stream, rows: 0..<stream.rows)
    for (index, layer) in weights.layers.dropLast().enumerated() {
      store(layer, slices, index)
      attend(layer, slices, index)
      transform(layer)
      recorder?.appendRows("llm.layer.\(index)", stream, rows: 0..<stream.rows)
    }
    finish(slices, logitRows: pass.logitRows, recorder: recorder)
  }

  private func slices(of pass: Pass) -> [Slice] {
    var slices = pass.decoding.enumerated().map { row, sequence in
      Slice(sequence: sequence, rows: row..<row + 1, length: sequence.count + 1)
    }
    var rows = slices.count
    if let piece = pass.piece {
      rows += piece.rows
      slices.append(
        Slice(
          sequence: piece.sequence, rows: slices.count..<rows, length: piece.promptLength))
    }
    precondition(stream.rows == rows, "\(stream.rows) rows for a pass of \(rows)")
    return slices
  }

  /// The last layer, the norm and the logits of the first `logitRows` slices.
  ///
  /// Of the last layer every row's keys and values are kept, but only the last row of a slice that wants
  /// logits goes on. A recording shows all of them.
  private func finish(_ slices: [Slice], logitRows: Int, recorder: Recorder?) {
    guard let layer = weights.layers.last else { return }
    let index = weights.layers.count - 1
    store(layer, slices, index)
    guard logitRows > 0 || recorder != nil else { return }
    let slices = recorder == nil ? keepLastRows(slices.prefix(logitRows)) : slices
    attend(layer, slices, index)
    transform(layer)
    if let recorder {
      recorder.appendRows("llm.layer.\(index)", stream, rows: 0..<stream.rows)
      compute.normalize(
        stream, weights.norm, epsilon: configuration.epsilon, into: &input.values)
      recorder.appendRows("llm.norm", input.values, rows: 0..<stream.rows)
      guard logitRows > 0 else { return }
      _ = keepLastRows(slices[...])
    }
    output.multiply(
      stream, normalizedBy: weights.norm, epsilon: configuration.epsilon, on: compute)
  }

  /// Rows of the running pass that are a decoding sequence's each; they come first.
  private var singleRows = 0 {
    didSet {
      input.singleRows = singleRows
      attention.singleRows = singleRows
    }
  }

  /// Appends the rows' keys and values to the caches; leaves their queries in `queries`.
  private func store(_ layer: LanguageWeights.Layer, _ slices: [Slice], _ index: Int) {
    input.fill(
      normalizing: stream, layer.attentionNorm, epsilon: configuration.epsilon, for: layer.qkv,
      on: compute)
    input.multiply(by: layer.qkv, into: &fused, on: compute)
    if let norm = layer.headNorm {
      let width = configuration.headWidth
      let epsilon = configuration.epsilon
      compute.rmsNormInPlace(
        &fused, heads: heads.queryColumns, width: width, weight: norm.query, epsilon: epsilon)
      compute.rmsNormInPlace(
        &fused, heads: heads.keyColumns, width: width, weight: norm.key, epsilon: epsilon)
    }
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
      normalizing: stream, layer.feedForwardNorm, epsilon: configuration.epsilon,
      for: layer.gateUp, on: compute)
    feedForward.run(
      &input, first: layer.gateUp, second: layer.down, scale: nil, addingTo: &stream,
      scratch: &branch, on: compute)
  }

  /// Drops all rows of `stream` and `queries` but the last of each of these slices.
  ///
  /// - Returns: the slices of what is left.
  private func keepLastRows(_ slices: ArraySlice<Slice>) -> [Slice] {
    let kept = slices.map { $0.rows.upperBound - 1 }
    stream.keep(rows: kept)
    queries.keep(rows: kept)
    singleRows = kept.count
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

  /// Bytes of the matrices.
  var productBytes: Int {
    weights.products.reduce(weights.output.byteCount) { $0 + $1.byteCount }
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
