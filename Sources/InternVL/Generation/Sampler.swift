import Kernels
import StructuredOutput

/// Picks the next token from logits.
///
/// The order is that of transformers' generation: penalties, temperature, top-k, top-p, min-p, draw.
/// Equally likely tokens keep the order of the vocabulary, so that a seed means one text.
struct Sampler {
  /// How far below the largest logit a token still counts, in units of the temperature.
  ///
  /// exp(−17) is less than half a step of the smallest sum of weights there is, 1, so that adding the
  /// weight of any token further below leaves each sum as it is.
  private static let depth: Float = 17

  private let options: GenerationOptions
  private var random: SeededGenerator
  private var penalties: Penalties
  private var maxima = BlockMaxima()
  private var candidates = Candidates()
  /// The logits before those of tokens that are not allowed were hidden.
  private var unrestricted: [Float] = []

  init(_ options: GenerationOptions) {
    self.options = options
    random = SeededGenerator(seed: options.seed ?? UInt64.random(in: .min ... .max))
    penalties = Penalties(options)
  }

  /// The logits that `next` needs; the others may as well be −infinity.
  var demand: LogitDemand {
    if !penalties.areNone { return .all }
    if options.temperature == 0 { return .likeliest }
    return options.topK > 0
      ? .largest(options.topK, margin: 0) : .largest(1, margin: Self.depth * options.temperature)
  }

  /// The next token, among those that are allowed; the first of equals when greedy.
  ///
  /// `logits` are `[vocabulary]`, and afterwards as they were.
  mutating func next(
    _ logits: UnsafeMutableBufferPointer<Float>, among allowed: TokenMask? = nil
  ) -> Int32 {
    guard let allowed else { return next(logits) }
    unrestricted.removeAll(keepingCapacity: true)
    unrestricted.append(contentsOf: logits)
    logits.restrict(to: allowed)
    let token = next(logits)
    _ = logits.update(fromContentsOf: unrestricted)
    return token
  }

  private mutating func next(_ logits: UnsafeMutableBufferPointer<Float>) -> Int32 {
    penalties.apply(to: logits)
    let token =
      options.temperature == 0
      ? Int32(logits.indexOfLargest) : sample(UnsafeBufferPointer(logits))
    penalties.undo(in: logits)
    penalties.count(token)
    return token
  }

  private mutating func sample(_ logits: UnsafeBufferPointer<Float>) -> Int32 {
    maxima.fill(logits)
    candidates.fill(logits, from: smallestLogit(), maxima: maxima)
    if options.topK > 0 { candidates.keep(options.topK) }
    guard candidates.count > 0 else { return 0 }
    candidates.weigh(temperature: options.temperature)
    candidates.keepNucleus(options.topP)
    candidates.keepLikely(options.minP)
    return candidates.draw(Float.random(in: 0..<1, using: &random))
  }

  /// A logit that no token which may be drawn is below.
  private mutating func smallestLogit() -> Float {
    var limit = options.topK > 0 ? maxima.limit(ofLargest: options.topK) : -.infinity
    if options.topK == 0 || options.topP < 1 {
      limit = max(limit, maxima.limit(ofLargest: 1) - Self.depth * options.temperature)
    }
    return limit
  }
}

/// A seeded generator: the same seed gives the same text on every machine.
///
/// SplitMix64. Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
struct SeededGenerator: RandomNumberGenerator {
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
