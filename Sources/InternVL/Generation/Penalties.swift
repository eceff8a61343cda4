/// What makes tokens that the answer already has less likely.
///
/// As in transformers, where a prompt comes as embeddings, the prompt's tokens do not count.
struct Penalties {
  private let repetition: Float
  private let frequency: Float
  private let presence: Float
  /// How often the answer has each token.
  private var counts: [Int32: Int] = [:]
  /// Logits before `apply`.
  private var changed: [(token: Int, logit: Float)] = []

  init(_ options: GenerationOptions) {
    repetition = options.repetitionPenalty
    frequency = options.frequencyPenalty
    presence = options.presencePenalty
  }

  /// Whether logits never change.
  var areNone: Bool { repetition == 1 && frequency == 0 && presence == 0 }

  /// Takes a token of the answer.
  mutating func count(_ token: Int32) {
    if !areNone { counts[token, default: 0] += 1 }
  }

  /// Changes the logits of tokens that the answer has.
  mutating func apply(to logits: UnsafeMutableBufferPointer<Float>) {
    for (token, count) in counts where Int(token) < logits.count {
      let logit = logits[Int(token)]
      changed.append((Int(token), logit))
      // Keskar et al., "CTRL" (2019): positive logits shrink, negative ones grow.
      let repeated = logit > 0 ? logit / repetition : logit * repetition
      // OpenAI's formula for the others.
      logits[Int(token)] = repeated - (Float(count) * frequency + presence)
    }
  }

  /// Takes the last changes back.
  mutating func undo(in logits: UnsafeMutableBufferPointer<Float>) {
    for (token, logit) in changed { logits[token] = logit }
    changed.removeAll(keepingCapacity: true)
  }
}
