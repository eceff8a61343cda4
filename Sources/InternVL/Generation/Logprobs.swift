#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Kernels
import Tokenizers

/// A token and how likely the model took it to be, before penalties and temperature.
public struct TokenLogprob: Sendable, Equatable {
  /// The token.
  public let token: Int32
  /// The bytes of its text; not always whole characters.
  public let bytes: [UInt8]
  /// The natural logarithm of its probability; −9999 where that is 0.
  public let logprob: Float
}

/// A generated token beside the likeliest ones at its place.
public struct TokenChoice: Sendable, Equatable {
  /// The token that was generated.
  public let chosen: TokenLogprob
  /// The likeliest tokens, the likeliest first.
  public let top: [TokenLogprob]
}

/// Log probabilities of tokens, from logits.
struct Logprobs {
  private let count: Int
  private let tokenizer: any Tokenizer
  private var maxima = BlockMaxima()

  /// Makes room for the `count` likeliest tokens.
  init(count: Int, tokenizer: any Tokenizer) {
    self.count = count
    self.tokenizer = tokenizer
  }

  /// What `chosen` and the likeliest tokens have; logits that are not finite count as probability 0.
  mutating func choice(_ chosen: Int32, _ logits: UnsafeBufferPointer<Float>) -> TokenChoice {
    maxima.fill(logits)
    let largest = maxima.limit(ofLargest: 1)
    var sum = 0.0
    for logit in logits where logit.isFinite { sum += Double(expf(logit - largest)) }
    let total = log(sum)
    func logprob(_ token: Int32) -> TokenLogprob {
      let value = Double(logits[Int(token)]) - Double(largest) - total
      return TokenLogprob(
        token: token, bytes: tokenizer.bytes(of: token),
        logprob: value.isFinite ? Float(value) : -9999)
    }
    return TokenChoice(chosen: logprob(chosen), top: likeliest(logits).map(logprob))
  }

  private mutating func likeliest(_ logits: UnsafeBufferPointer<Float>) -> [Int32] {
    guard count > 0 else { return [] }
    let limit = maxima.limit(ofLargest: count)
    var found: [Int32] = []
    for (index, logit) in logits.enumerated() where logit >= limit && logit.isFinite {
      found.append(Int32(index))
    }
    // Equals keep the order of the vocabulary.
    found.sort {
      let (first, second) = (logits[Int($0)], logits[Int($1)])
      return first == second ? $0 < $1 : first > second
    }
    return Array(found.prefix(count))
  }
}
