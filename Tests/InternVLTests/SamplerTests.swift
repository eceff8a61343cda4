import Foundation
import Testing

@testable import InternVL

@Suite("Sampling")
struct SamplerTests {
  private func draw(
    _ logits: [Float], _ options: GenerationOptions, count: Int = 1
  ) -> [Int32] {
    var sampler = Sampler(options)
    var row = logits
    return row.withUnsafeMutableBufferPointer { row in (0..<count).map { _ in sampler.next(row) } }
  }

  @Test("temperature 0 takes the largest logit, the first of equals")
  func greedy() {
    #expect(draw([1, 5, 5, 2], GenerationOptions()) == [1])
  }

  @Test("a seed means the text that it has always meant", arguments: RecordedDraws.all)
  func recorded(_ draws: RecordedDraws) {
    #expect(draw(draws.logits.values, draws.options, count: draws.tokens.count) == draws.tokens)
  }

  @Test("the same seed gives the same tokens, another seed others")
  func seeded() {
    let logits = (0..<50).map { Float($0 % 7) }
    func tokens(_ seed: UInt64) -> [Int32] {
      draw(logits, GenerationOptions(temperature: 1, seed: seed), count: 32)
    }
    #expect(tokens(1) == tokens(1))
    #expect(tokens(1) != tokens(2))
  }

  @Test("top-k draws only from the k likeliest")
  func topK() {
    let options = GenerationOptions(temperature: 10, topK: 2, seed: 3)
    #expect(Set(draw([0, 3, 1, 2], options, count: 200)) == [1, 3])
  }

  @Test("top-p draws only from the tokens that reach it together")
  func topP() {
    // Probabilities 0.64, 0.24, 0.09, 0.03: the first two reach 0.8.
    let options = GenerationOptions(temperature: 1, topP: 0.8, seed: 3)
    #expect(Set(draw([3, 2, 1, 0], options, count: 200)) == [0, 1])
  }

  @Test("a repetition penalty makes tokens of the answer less likely")
  func repetition() {
    let options = GenerationOptions(repetitionPenalty: 2)
    #expect(draw([4, 3], options, count: 2) == [0, 1])
    #expect(draw([-1, -1.5], options, count: 2) == [0, 1])
  }

  @Test("frequency and presence penalties are taken off the logits of the answer's tokens")
  func frequencyAndPresence() {
    // 4 and 3, then 2.5 and 3, then 2.5 and 1.5, then 1.5 and 1.5.
    let options = GenerationOptions(frequencyPenalty: 1, presencePenalty: 0.5)
    #expect(draw([4, 3], options, count: 4) == [0, 1, 0, 0])
    #expect(draw([4, 3.9], GenerationOptions(presencePenalty: 0.5), count: 3) == [0, 1, 0])
  }

  @Test("min-p draws only from tokens that are likely beside the likeliest")
  func minP() {
    // Weights 1, 0.37, 0.14, 0.05.
    let options = GenerationOptions(temperature: 1, minP: 0.1, seed: 3)
    #expect(Set(draw([3, 2, 1, 0], options, count: 300)) == [0, 1, 2])
    let one = GenerationOptions(temperature: 1, minP: 1, seed: 3)
    #expect(Set(draw([3, 2, 1, 0], one, count: 50)) == [0])
  }

  @Test("tokens come as often as their probabilities say")
  func frequencies() {
    let options = GenerationOptions(temperature: 2, seed: 9)
    let logits: [Float] = [1, 0, -1, 3, 2]
    let drawn = draw(logits, options, count: 20_000)
    let weights = logits.map { exp($0 / 2) }
    for token in 0..<5 {
      let share = Float(drawn.count { $0 == token }) / 20_000
      #expect(abs(share - weights[token] / weights.reduce(0, +)) < 0.015)
    }
  }

  @Test("the smallest temperature draws the likeliest token")
  func coldest() {
    let options = GenerationOptions(temperature: .leastNonzeroMagnitude, seed: 1)
    #expect(Set(draw([1, 30, 2], options, count: 20)) == [1])
  }

  @Test("logits that are not numbers do not trap")
  func notANumber() {
    let options = GenerationOptions(temperature: 1, seed: 1)
    #expect(draw([.nan, .nan], options).count == 1)
    #expect(draw([.nan, 1], options) == [1])
  }
}
