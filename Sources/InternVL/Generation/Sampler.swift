#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Picks the next token from logits.
///
/// The order is that of transformers' generation: repetition penalty, temperature, top-k, top-p. As
/// there, where a prompt comes as embeddings, the penalty counts the answer's tokens only.
struct Sampler {
  private let options: GenerationOptions
  private var random: SeededGenerator
  private var seen: Set<Int32> = []
  private var candidates: [(token: Int32, logit: Float)] = []

  init(_ options: GenerationOptions) {
    self.options = options
    random = SeededGenerator(seed: options.seed ?? UInt64.random(in: .min ... .max))
  }

  /// Whether `next` is the token with the largest logit, whatever came before.
  var isGreedy: Bool { options.temperature == 0 && options.repetitionPenalty == 1 }

  /// The next token; the first of equals when greedy.
  ///
  /// `logits` are `[vocabulary]`, and changed in place by the repetition penalty.
  mutating func next(_ logits: UnsafeMutableBufferPointer<Float>) -> Int32 {
    let penalty = options.repetitionPenalty
    if penalty != 1 {
      // Keskar et al., "CTRL" (2019): positive logits shrink, negative ones grow.
      for token in seen where Int(token) < logits.count {
        let value = logits[Int(token)]
        logits[Int(token)] = value > 0 ? value / penalty : value * penalty
      }
    }
    let token = options.temperature == 0 ? Int32(logits.indexOfLargest) : sample(logits)
    if penalty != 1 { seen.insert(token) }
    return token
  }

  private mutating func sample(_ logits: UnsafeMutableBufferPointer<Float>) -> Int32 {
    candidates.removeAll(keepingCapacity: true)
    for (index, logit) in logits.enumerated() where logit.isFinite {
      candidates.append((Int32(index), logit))
    }
    guard !candidates.isEmpty else { return 0 }
    // Ties keep the order of the vocabulary, so that a seed means one text.
    candidates.sort { $0.logit == $1.logit ? $0.token < $1.token : $0.logit > $1.logit }
    if options.topK > 0, options.topK < candidates.count {
      candidates.removeLast(candidates.count - options.topK)
    }
    let largest = candidates[0].logit
    var weights = candidates.map { expf(($0.logit - largest) / options.temperature) }
    keepNucleus(&weights)
    let total = weights.reduce(0, +)
    var remaining = Float.random(in: 0..<1, using: &random) * total
    for (index, weight) in weights.enumerated() {
      remaining -= weight
      if remaining < 0 { return candidates[index].token }
    }
    return candidates[weights.count - 1].token
  }

  /// Keeps the smallest set of most likely tokens whose probability reaches `topP`.
  ///
  /// Source: Holtzman et al., "The Curious Case of Neural Text Degeneration" (2020).
  private func keepNucleus(_ weights: inout [Float]) {
    guard options.topP < 1 else { return }
    let limit = options.topP * weights.reduce(0, +)
    var sum: Float = 0
    let count = weights.firstIndex { weight in
      sum += weight
      return sum >= limit
    }
    if let count { weights.removeLast(weights.count - count - 1) }
  }
}

/// A seeded generator: the same seed gives the same text on every machine.
///
/// SplitMix64. Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
private struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// The first of the largest numbers; 0 where there is none.
  var indexOfLargest: Int {
    var best = 0
    for index in indices where self[index] > self[best] || self[best].isNaN { best = index }
    return isEmpty || self[best].isNaN ? 0 : best
  }
}
