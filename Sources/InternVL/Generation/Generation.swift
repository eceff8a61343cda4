import Imaging
import Kernels

/// One answer on its way: what was asked, what was generated, where it stands.
final class Generation {
  let prompt: Prompt
  let options: GenerationOptions
  let sequence: SequenceState
  let recorder: Recorder?
  /// Generated tokens, without the stop token.
  private(set) var tokens: [Int32] = []
  /// How it ended; nil while it goes on.
  private(set) var outcome: Result<Reply.FinishReason, InternVLError>?
  var timings = Timings()
  private let started = ContinuousClock.now
  private let stop: Int32
  private var sampler: Sampler
  private var text: ReplyText

  init(
    _ prompt: Prompt, options: GenerationOptions, sequence: SequenceState,
    model: VisionLanguageModel, recorder: Recorder? = nil
  ) {
    self.prompt = prompt
    self.options = options
    self.sequence = sequence
    self.recorder = recorder
    stop = model.stopToken
    sampler = Sampler(options)
    text = ReplyText(model.tokenizer)
    timings.reusedTokens = sequence.count
    timings.imageTokens = prompt.pictures.reduce(0) { $0 + $1.tokens.count }
  }

  /// All tokens, in the order of the KV cache; the last generated one may not be in it yet.
  var allTokens: [Int32] { prompt.tokens + tokens }

  /// The logits that the next token needs.
  var demand: LogitDemand { recorder == nil ? sampler.demand : .all }

  /// Takes the logits after the newest position; returns the text that may be shown now.
  func advance(_ logits: UnsafeMutableBufferPointer<Float>) -> String {
    advance(sampler.next(logits))
  }

  /// Takes the next token; returns the text that may be shown now.
  func advance(_ token: Int32) -> String {
    if tokens.isEmpty { timings.timeToFirstToken = started.elapsed }
    if token == stop { return finish(.stop) }
    tokens.append(token)
    let shown = text.append(token)
    // The newest token is not in the cache yet.
    let isFull = tokens.count >= options.maxTokens || sequence.remaining <= 1
    return isFull ? shown + finish(.length) : shown
  }

  /// Ends the answer; returns the text that was still held back.
  func finish(_ reason: Reply.FinishReason) -> String {
    outcome = .success(reason)
    return text.finish()
  }

  /// Ends without an answer; returns the text that was still held back.
  func fail(_ error: InternVLError) -> String {
    outcome = .failure(error)
    return text.finish()
  }

  /// The answer, once it has ended.
  ///
  /// - Throws: why there is none.
  func reply(rotary: RotaryConfiguration) throws(InternVLError) -> Reply {
    let finishReason = try outcome?.get() ?? .cancelled
    var notes: [Reply.Note] = []
    if finishReason == .length {
      notes.append(
        tokens.count < options.maxTokens
          ? .contextFull(tokens: tokens.count) : .tokenLimit(tokens: tokens.count))
    }
    if rotary.isExtended(length: sequence.count) {
      notes.append(
        .positionsRescaled(tokens: sequence.count, maximum: rotary.maximumPositions))
    }
    return Reply(
      text: text.text, tokenIDs: tokens, promptTokenIDs: prompt.tokens,
      tiles: prompt.pictures.map {
        TileCount(columns: $0.grid.columns, rows: $0.grid.rows, count: $0.grid.count)
      },
      finishReason: finishReason, timings: timings, notes: notes)
  }
}

extension ContinuousClock.Instant {
  /// Seconds since this instant.
  package var elapsed: Double { (ContinuousClock.now - self) / .seconds(1) }
}
