/// How a picture was cut up.
public struct TileCount: Sendable, Equatable {
  /// Tiles side by side.
  public let columns: Int
  /// Tiles one above the other.
  public let rows: Int
  /// All tiles, the thumbnail included.
  public let count: Int
}

/// Where the time of an answer went, in seconds.
public struct Timings: Sendable, Equatable {
  /// Tiling the pictures and encoding them.
  public internal(set) var imageSeconds = 0.0
  /// Running the prompt through the decoder.
  public internal(set) var prefillSeconds = 0.0
  /// Generating the tokens after the first.
  public internal(set) var decodeSeconds = 0.0
  /// From the call to the first token.
  public internal(set) var timeToFirstToken = 0.0
  /// Prompt tokens that the KV cache already held.
  public internal(set) var reusedTokens = 0
  /// Tokens that the pictures became.
  public internal(set) var imageTokens = 0
}

/// An answer and how it came about.
public struct Reply: Sendable {
  /// Why the answer ended.
  public enum FinishReason: String, Sendable {
    /// The model ended it, or a stop text came.
    case stop
    /// It reached the largest number of tokens or the end of the context.
    case length
    /// The caller cancelled it.
    case cancelled
  }

  /// What the user should know about an answer.
  public enum Note: Sendable, Equatable {
    /// It was cut after so many tokens, the most that `GenerationOptions.maxTokens` allows.
    case tokenLimit(tokens: Int)
    /// It was cut after so many tokens, because the context is full.
    case contextFull(tokens: Int)
    /// It was closed after so many tokens by the shortest ending that fits its shape, because no more
    /// were left.
    case closedEarly(tokens: Int)
    /// The conversation has more tokens than the model was trained for, so that positions were
    /// rescaled.
    case positionsRescaled(tokens: Int, maximum: Int)
  }

  /// The answer as a reader sees it: without special tokens, white space at the ends removed.
  public let text: String
  /// What the model thought before it answered; nil where it did not.
  public let reasoning: String?
  /// How many of the tokens were the thought, with the mark of its end.
  public let reasoningTokens: Int
  /// The generated tokens, without the stop token.
  public let tokenIDs: [Int32]
  /// The prompt's tokens, image tokens included.
  public let promptTokenIDs: [Int32]
  /// One entry a picture.
  public let tiles: [TileCount]
  /// For each token how likely it and others were; empty where `GenerationOptions.logprobs` is nil.
  public let choices: [TokenChoice]
  /// Why the answer ended.
  public let finishReason: FinishReason
  /// Where the time went.
  public let timings: Timings
  /// What the user should know about it.
  public let notes: [Note]
}

extension Reply {
  /// The end of an answer that was cancelled before it began.
  init(cancelled prompt: Prompt) {
    self.init(
      text: "", reasoning: nil, reasoningTokens: 0, tokenIDs: [], promptTokenIDs: prompt.tokens,
      tiles: prompt.tileCounts, choices: [], finishReason: .cancelled, timings: Timings(),
      notes: [])
  }
}
