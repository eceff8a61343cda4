import StructuredOutput
package import Tokenizers

extension OutputShape {
  /// Answers of this shape, drawn at random from a tokenizer's tokens: what a model could say at all.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - maxTokens: the longest answer.
  ///   - seed: the same one draws the same answers.
  ///   - tokenizer: whose tokens they are made of.
  ///   - onMask: hears how many seconds each mask took.
  /// - Returns: the tokens of each.
  /// - Throws: `InternVLError.shapeTooLong` where no answer has so few tokens.
  package func samples(
    _ count: Int, maxTokens: Int, seed: UInt64, tokenizer: any Tokenizer,
    onMask: (Double) -> Void = { _ in }
  ) throws(InternVLError) -> [[Int32]] {
    let size = tokenizer.vocabularySize
    // Whatever is no text may end an answer here.
    let stop = (0..<Int32(size)).first { !tokenizer.isText($0) } ?? -1
    let masks = ShapeMasks(tokenizer, count: size, stop: stop)
    let shortest = masks.constraint(self).shortestAnswer
    guard shortest <= maxTokens else { throw .shapeTooLong(tokens: shortest, limit: maxTokens) }
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      var constraint = masks.constraint(self)
      var tokens: [Int32] = []
      while tokens.count < maxTokens, !constraint.hasEnded {
        let started = ContinuousClock.now
        let mask = constraint.mask(remaining: maxTokens - tokens.count)
        onMask(started.elapsed)
        let token = draw(mask, constraint, size: size, &random)
        if token == stop { break }
        tokens.append(token)
        constraint.take(token)
      }
      return tokens
    }
  }

  /// An allowed token; every third time one of the shortest ending, so that values end at all.
  private func draw(
    _ mask: TokenMask, _ constraint: TokenConstraint, size: Int, _ random: inout SeededGenerator
  ) -> Int32 {
    let likely = constraint.endingToken
    if let likely, mask.allows(likely), Int.random(in: 0..<3, using: &random) == 0 { return likely }
    let allowed = (0..<Int32(size)).filter(mask.allows)
    return allowed.randomElement(using: &random) ?? -1
  }
}
