public import Foundation
package import Kernels

/// How exact the arithmetic is.
public enum Precision: String, Sendable, CaseIterable {
  /// Float32 arithmetic on the weights as shipped.
  case exact
  /// Int8 activations and, where weights are not quantised yet, int8 weights.
  case fast

  /// What a checkpoint is computed with when nobody says otherwise: exact for float weights, fast for
  /// those in 4 bits.
  package static func usual(for configuration: Configuration) -> Precision {
    configuration.language.quantization == nil ? .exact : .fast
  }
}

/// How a model is loaded.
public struct ModelOptions: Sendable {
  /// Arithmetic; nil chooses by format: exact for float weights, fast for 4 bits.
  public var precision: Precision?
  /// Threads to use; nil means one for each processor that this process may use.
  public var threads: Int?
  /// Tokens that a conversation may have, prompt and answer together.
  public var contextLength: Int
  /// Conversations that may be generated at the same time.
  public var sequences: Int
  /// Tokens that all conversations in memory may have together; nil: as many as one may have.
  ///
  /// Conversations wait until those that are running leave room for them.
  public var cacheLength: Int?
  /// The folder of a LoRA adapter; nil for none.
  public var adapter: URL?
  /// The folder for packed weights, which make the next launch fast; nil packs into memory.
  public var packedWeights: URL?
  /// The vector instructions to use, for measurements.
  package var instructionSet = InstructionSet.best

  /// Makes options; every one has a sensible value.
  public init(
    precision: Precision? = nil, threads: Int? = nil, contextLength: Int = 8192,
    sequences: Int = 1, cacheLength: Int? = nil, adapter: URL? = nil, packedWeights: URL? = nil
  ) {
    self.precision = precision
    self.threads = threads
    self.contextLength = contextLength
    self.sequences = sequences
    self.cacheLength = cacheLength
    self.adapter = adapter
    self.packedWeights = packedWeights
  }

  /// Tokens that the KV caches of all conversations together have room for.
  var sharedCacheLength: Int { max(cacheLength ?? 0, contextLength) }
}

/// How an answer is generated.
public struct GenerationOptions: Sendable {
  /// Largest number of tokens in the answer.
  public var maxTokens: Int
  /// 0 takes the likeliest token always; higher is more varied.
  public var temperature: Float
  /// Sampling keeps the likeliest tokens that reach this probability together.
  public var topP: Float
  /// Sampling keeps this many of the likeliest tokens; 0 keeps all.
  public var topK: Int
  /// Sampling keeps the tokens that are at least this many times as likely as the likeliest.
  public var minP: Float
  /// Above 1, tokens that the answer has become less likely: positive logits are divided by it,
  /// negative ones multiplied.
  public var repetitionPenalty: Float
  /// Taken off a token's logit for each time that the answer has it.
  public var frequencyPenalty: Float
  /// Taken off the logit of each token that the answer has.
  public var presencePenalty: Float
  /// The same seed gives the same text; nil draws one.
  public var seed: UInt64?
  /// The beginning of the answer, which the model goes on with; it is not part of the reply's text.
  public var prefill: String
  /// Largest number of tokens of a thought, which is ended there; nil for no limit of its own.
  public var maxThinkingTokens: Int?
  /// Texts that end the answer; they are not part of it.
  public var stop: [String]
  /// What the answer must look like; nil leaves it free.
  public var shape: OutputShape?
  /// How many of the likeliest tokens to report beside each token; nil reports none.
  public var logprobs: Int?
  /// Largest number of tiles an image is cut into; nil takes the model's own.
  public var maxTiles: Int?
  /// Whether the model may end the answer; measurements need answers of a known length.
  package var endsAtStopToken = true

  /// Makes options; the defaults are greedy.
  public init(
    maxTokens: Int = 1024, temperature: Float = 0, topP: Float = 1, topK: Int = 0,
    minP: Float = 0, repetitionPenalty: Float = 1, frequencyPenalty: Float = 0,
    presencePenalty: Float = 0, seed: UInt64? = nil, prefill: String = "",
    maxThinkingTokens: Int? = nil, stop: [String] = [], shape: OutputShape? = nil,
    logprobs: Int? = nil, maxTiles: Int? = nil
  ) {
    self.maxTokens = maxTokens
    self.temperature = temperature
    self.topP = topP
    self.topK = topK
    self.minP = minP
    self.repetitionPenalty = repetitionPenalty
    self.frequencyPenalty = frequencyPenalty
    self.presencePenalty = presencePenalty
    self.seed = seed
    self.prefill = prefill
    self.maxThinkingTokens = maxThinkingTokens
    self.stop = stop
    self.shape = shape
    self.logprobs = logprobs
    self.maxTiles = maxTiles
  }
}
