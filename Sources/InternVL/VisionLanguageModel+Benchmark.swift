import Imaging
package import Kernels

/// Single stages of the runtime, run on made-up input for the benchmark.
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

  /// Sequences that already hold `depth` arbitrary tokens each.
  package func benchmarkSequences(count: Int, depth: Int) -> BenchmarkSequences {
    let sequences = (0..<count).map { _ in makeSequence(capacity: contextLength) }
    let batch = BenchmarkSequences(sequences: sequences)
    for sequence in sequences { extend(sequence, by: depth) }
    return batch
  }

  /// Runs `count` arbitrary tokens as a prompt into an empty sequence.
  package func benchmarkPrefill(_ count: Int, into batch: BenchmarkSequences) {
    batch.sequences[0].truncate(to: 0)
    extend(batch.sequences[0], by: count)
  }

  /// Decodes `steps` tokens for every sequence together, and picks them as `options` say.
  package func benchmarkDecode(
    _ batch: BenchmarkSequences, steps: Int, options: GenerationOptions = GenerationOptions()
  ) {
    var sampler = Sampler(options)
    for step in 0..<steps {
      language.stream.rows = batch.sequences.count
      for (row, sequence) in batch.sequences.enumerated() {
        language.embed(arbitraryToken(sequence.count + step), row: row)
      }
      language.forward(.init(decoding: batch.sequences), recorder: nil)
      for row in batch.sequences.indices {
        if sampler.demand == .likeliest {
          _ = language.output.likeliest(row: row, on: compute)
        } else {
          _ = sampler.next(language.output.logits(row: row, sampler.demand, on: compute))
        }
      }
    }
  }

  /// Runs one pass: a token of every sequence of `answers`, and a piece of a prompt, where asked for.
  package func benchmarkPass(_ answers: BenchmarkSequences?, piece prompt: BenchmarkSequences?) {
    var pass = LanguageModel.Pass(decoding: answers?.sequences ?? [])
    if let prompt {
      prompt.sequences[0].truncate(to: 0)
      pass.piece = LanguageModel.Piece(
        sequence: prompt.sequences[0], rows: Self.benchmarkPieceTokens,
        promptLength: 2 * Self.benchmarkPieceTokens, wantsLogits: false)
    }
    language.stream.rows = pass.decoding.count + (pass.piece?.rows ?? 0)
    for row in 0..<language.stream.rows { language.embed(arbitraryToken(row), row: row) }
    language.forward(pass, recorder: nil)
    for row in pass.decoding.indices { _ = language.output.likeliest(row: row, on: compute) }
  }

  /// Tokens of the piece of a prompt in `benchmarkPass`.
  package static let benchmarkPieceTokens = Prompt.pieceTokens

  /// Multiply-adds of one tile's blocks: products and attention, without patches and projector.
  package var tileMultiplyAdds: Int { tower.multiplyAdds }

  /// Bytes of the matrices of the vision tower and the language model that greedy answers read.
  package var productBytes: Int { tower.productBytes + language.greedyBytes }

  /// Bytes that a greedy decode step reads: the decoder layers and what the choice takes of the output
  /// layer once, and the KV cache of every sequence.
  package func decodeBytes(_ batch: BenchmarkSequences) -> Int {
    language.greedyBytes + batch.cacheBytes
  }

  /// Multiply-adds of the decoder's products for one prompt token, without those that only the last
  /// token needs.
  package var prefillMultiplyAdds: Int { language.promptMultiplyAdds }

  private func extend(_ sequence: SequenceState, by count: Int) {
    let end = sequence.count + count
    while sequence.count < end {
      let rows = min(Prompt.pieceTokens, end - sequence.count)
      language.stream.rows = rows
      for row in 0..<rows { language.embed(arbitraryToken(sequence.count + row), row: row) }
      let piece = LanguageModel.Piece(
        sequence: sequence, rows: rows, promptLength: end, wantsLogits: sequence.count + rows == end
      )
      language.forward(.init(piece: piece), recorder: nil)
    }
  }

  /// One of a thousand tokens: real prompts touch few rows of the embedding too.
  private func arbitraryToken(_ position: Int) -> Int32 {
    Int32(position % min(1000, configuration.language.vocabulary))
  }
}

/// Sequences that a benchmark decodes.
package struct BenchmarkSequences {
  let sequences: [SequenceState]

  /// Bytes of all keys and values.
  package var cacheBytes: Int { sequences.reduce(0) { $0 + $1.cacheBytes } }

  /// Drops everything after the first `depth` tokens.
  package func truncate(to depth: Int) {
    for sequence in sequences { sequence.truncate(to: depth) }
  }
}
