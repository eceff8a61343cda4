import Imaging
import Kernels
import Tokenizers

/// What a scheduler makes the networks compute, a step at a time.
extension VisionLanguageModel {
  /// An empty sequence of at most `capacity` positions.
  func makeSequence(capacity: Int) -> SequenceState { language.makeSequence(capacity: capacity) }

  /// Runs a tile through the vision tower and the projector.
  ///
  /// Appends `tokensPerTile · hidden` values to `features`.
  func encode(_ tile: RGBImage, appendingTo features: inout [Float], recorder: Recorder?) {
    tower.encode(tile, recorder: recorder)
    projector.project(tower.stream, appendingTo: &features, recorder: recorder)
  }

  /// Runs the newest tokens of some answers and a piece of one prompt through the decoder.
  ///
  /// - Parameters:
  ///   - decoding: each gets its next position, and a row of logits.
  ///   - reading: whose prompt goes on by a piece; where that is the last, its row of logits follows.
  ///   - recorder: of the only generation.
  func run(decoding: [Generation], reading: Generation?, recorder: Recorder?) {
    var pass = LanguageModel.Pass(decoding: decoding.map(\.sequence))
    pass.piece = reading?.nextPiece
    language.stream.rows = decoding.count + (pass.piece?.rows ?? 0)
    for (row, generation) in decoding.enumerated() {
      language.embed(generation.newestToken, row: row)
    }
    if let reading, let piece = pass.piece {
      let start = reading.sequence.count
      embed(reading, positions: start..<start + piece.rows, row: decoding.count)
    }
    language.forward(pass, recorder: recorder)
  }

  /// Hands a generation its row of the last pass; returns the text that may be shown now.
  ///
  /// Who observes gets the logits even where the choice would not take them.
  func advance(
    _ generation: Generation, row: Int, recorder: Recorder?,
    observe: ((UnsafeBufferPointer<Float>) -> Void)?
  ) -> String {
    guard language.output.isFinite(row: row) else { return generation.fail(.notFinite) }
    let demand = recorder == nil && observe == nil ? generation.demand : .all
    let allowed = generation.allowedTokens()
    guard demand != .likeliest else {
      return generation.advance(
        language.output.likeliest(row: row, among: allowed, on: compute))
    }
    let logits = language.output.logits(row: row, demand, among: allowed, on: compute)
    recorder?.append("logits", shape: [1, logits.count], values: Array(logits))
    observe?(UnsafeBufferPointer(logits))
    return generation.advance(logits, among: allowed)
  }

  /// Puts the embeddings of some prompt positions into the decoder's stream, from `row` on.
  private func embed(_ generation: Generation, positions: Range<Int>, row: Int) {
    let prompt = generation.prompt
    let hidden = configuration.language.hidden
    for position in positions {
      language.embed(prompt.tokens[position], row: row + position - positions.lowerBound)
    }
    for (index, picture) in prompt.pictures.enumerated() {
      let shared = picture.tokens.clamped(to: positions)
      guard !shared.isEmpty, let values = generation.features[index] else { continue }
      values.withUnsafeBufferPointer { source in
        let first = (shared.lowerBound - picture.tokens.lowerBound) * hidden
        let target =
          language.stream.pointer + (row + shared.lowerBound - positions.lowerBound) * hidden
        for value in 0..<shared.count * hidden { target[value] = source[first + value] }
      }
    }
  }
}
