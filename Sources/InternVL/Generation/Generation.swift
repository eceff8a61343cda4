import StructuredOutput

/// One answer on its way: pictures, prompt, decoding, ended.
///
/// A scheduler moves it on a step at a time; it knows what its next step is.
final class Generation {
  /// What it waits for.
  enum Stage {
    /// Pictures are encoded, a tile at a time.
    case pictures
    /// The prompt goes through the decoder, a piece at a time.
    case prompt
    /// Tokens are generated.
    case decoding
    /// There is an answer, or a reason why there is none.
    case ended(Result<Reply.FinishReason, InternVLError>)
  }

  let prompt: Prompt
  let options: GenerationOptions
  let sequence: SequenceState
  private(set) var stage = Stage.pictures
  /// Generated tokens, without the stop token.
  private(set) var tokens: [Int32] = []
  /// Of each picture `[tokens, hidden]`, as far as they are needed and known.
  private(set) var features: [[Float]?]
  var timings = Timings()
  private let started: ContinuousClock.Instant
  private var firstToken: ContinuousClock.Instant?
  private let stops: [Int32]
  private var sampler: Sampler
  private var logprobs: Logprobs?
  /// One a token, where they are asked for.
  private(set) var choices: [TokenChoice] = []
  private var text: ReplyText
  private var thought: ThoughtText
  /// What holds the answer to its shape.
  private var constraint: TokenConstraint?

  /// An answer to `prompt`, of which `sequence` holds the beginning, asked for at `started`.
  init(
    _ prompt: Prompt, options: GenerationOptions, sequence: SequenceState,
    model: VisionLanguageModel, started: ContinuousClock.Instant
  ) {
    constraint = options.shape.map(model.shapes.constraint)
    self.prompt = prompt
    self.options = options
    self.sequence = sequence
    self.started = started
    features = Array(repeating: nil, count: prompt.pictures.count)
    stops = model.special.stops
    sampler = Sampler(options)
    logprobs = options.logprobs.map { Logprobs(count: $0, tokenizer: model.tokenizer) }
    text = ReplyText(model.tokenizer, stop: options.stop)
    thought = ThoughtText(model, prompt: prompt, limit: options.maxThinkingTokens)
    timings.reusedTokens = sequence.count
    timings.imageTokens = prompt.pictures.reduce(0) { $0 + $1.tokens.count }
  }

  var hasEnded: Bool { if case .ended = stage { true } else { false } }
  var isReadingPrompt: Bool { if case .prompt = stage { true } else { false } }
  var isDecoding: Bool { if case .decoding = stage { true } else { false } }

  /// The logits that the next token needs.
  var demand: LogitDemand { logprobs == nil ? sampler.demand : .all }

  /// The token that goes through the decoder next.
  var newestToken: Int32 { tokens.last ?? stops[0] }

  // MARK: - Pictures

  /// A picture that the prompt needs and whose features are not known; nil when all are there.
  var nextPicture: Int? {
    prompt.pictures.indices.first {
      features[$0] == nil && prompt.pictures[$0].tokens.upperBound > sequence.count
    }
  }

  /// Takes a picture's features, `[tokens, hidden]`.
  func take(_ known: [Float], of picture: Int) { features[picture] = known }

  /// Goes on with the prompt.
  func beginPrompt() { stage = .prompt }

  // MARK: - Prompt

  /// The piece of the prompt that is computed next; nil when it is complete.
  var nextPiece: LanguageModel.Piece? {
    let start = sequence.count
    guard start < prompt.tokens.count else { return nil }
    let end = prompt.pieceEnd(from: start)
    return LanguageModel.Piece(
      sequence: sequence, rows: end - start, promptLength: prompt.tokens.count,
      wantsLogits: end == prompt.tokens.count)
  }

  // MARK: - Decoding

  /// The tokens that the answer's shape allows next; nil where it has none, or a thought comes first.
  func allowedTokens() -> TokenMask? {
    guard !thought.isOpen else { return nil }
    return constraint?.mask(remaining: remaining)
  }

  /// How many tokens may still follow.
  private var remaining: Int { min(options.maxTokens - tokens.count, sequence.remaining) }

  /// Takes the logits after the newest position, and the tokens that may be chosen; returns the text
  /// that may be shown now.
  func advance(
    _ logits: UnsafeMutableBufferPointer<Float>, among allowed: TokenMask?
  ) -> String {
    let token = sampler.next(logits, among: allowed)
    if !stops.contains(token), let choice = logprobs?.choice(token, UnsafeBufferPointer(logits)) {
      choices.append(choice)
    }
    return advance(token)
  }

  /// Takes the next token; returns the text that may be shown now.
  func advance(_ chosen: Int32) -> String {
    // A thought leaves an answer of a shape the tokens that it needs.
    let endsThought =
      constraint.map { stops.contains(chosen) || remaining <= 1 + $0.shortestAnswer } ?? false
    let token = thought.replacing(chosen, endsNow: endsThought)
    if firstToken == nil {
      firstToken = .now
      timings.timeToFirstToken = started.elapsed
      stage = .decoding
      features = []
    }
    if stops.contains(token), options.endsAtStopToken { return finish(.stop) }
    tokens.append(token)
    let isThought = thought.take(token, answerIsEmpty: text.text.isEmpty)
    if !isThought { constraint?.take(token) }
    let shown = isThought ? "" : text.append(token)
    let isWhole = constraint?.hasEnded == true && options.endsAtStopToken
    if text.isStopped || isWhole { return shown + finish(.stop) }
    // The newest token is not in the cache yet.
    let isFull = tokens.count >= options.maxTokens || sequence.remaining <= 1
    guard isFull else { return shown }
    return shown + finish(constraint?.mayEnd == true ? .stop : .length)
  }

  /// The part of the thought that may be shown now.
  func takeThought() -> String { thought.takeShown() }

  /// Ends the answer; returns the text that was still held back.
  func finish(_ reason: Reply.FinishReason) -> String {
    timings.decodeSeconds = firstToken?.elapsed ?? 0
    stage = .ended(.success(reason))
    thought.finish()
    return text.finish()
  }

  /// Ends without an answer; returns the text that was still held back.
  func fail(_ error: InternVLError) -> String {
    stage = .ended(.failure(error))
    return text.finish()
  }

  /// The answer, once it has ended.
  ///
  /// - Throws: why there is none.
  func reply(rotary: RotaryConfiguration) throws(InternVLError) -> Reply {
    var finishReason = Reply.FinishReason.cancelled
    if case .ended(let outcome) = stage { finishReason = try outcome.get() }
    var notes: [Reply.Note] = []
    if finishReason == .length {
      notes.append(
        tokens.count < options.maxTokens
          ? .contextFull(tokens: tokens.count) : .tokenLimit(tokens: tokens.count))
    }
    if constraint?.isClosing == true { notes.append(.closedEarly(tokens: tokens.count)) }
    if rotary.isExtended(length: sequence.count) {
      notes.append(
        .positionsRescaled(tokens: sequence.count, maximum: rotary.maximumPositions))
    }
    return Reply(
      text: text.text, reasoning: thought.text, reasoningTokens: thought.count, tokenIDs: tokens,
      promptTokenIDs: prompt.tokens, tiles: prompt.tileCounts, choices: choices,
      finishReason: finishReason, timings: timings, notes: notes)
  }
}

extension ContinuousClock.Instant {
  /// Seconds since this instant.
  package var elapsed: Double { (ContinuousClock.now - self) / .seconds(1) }
}
