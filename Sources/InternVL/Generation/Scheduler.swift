import Imaging
import StructuredOutput

/// Answers conversations, several at the same time: the one loop that everything generated comes from.
///
/// A step reads every weight once, however many answers it moves on; that is why answers go faster
/// together than one after another. Prompts are read in the order they came, one at a time and in pieces,
/// so that a new one holds the running answers up by a tile or a piece at most.
///
/// What a conversation is answered does not depend on what else runs, on the order of arrival or on what
/// was remembered: token ids and logits have the same bits. Not `Sendable`: it has one owner, which calls
/// it from one thread at a time.
public final class Scheduler {
  /// What a conversation is answered, as it comes about.
  public enum Event: Sendable {
    /// The wait for room is over.
    case started
    /// The next token and others at its place, where they are asked for; its text follows.
    case chose(TokenChoice)
    /// The next piece of what the model thinks before it answers, which is no part of the text.
    case thought(String)
    /// The next piece of the text; the pieces add up to the reply's.
    case text(String)
    /// The end, and the last event.
    case ended(Result<Reply, InternVLError>)
  }

  /// What is done before the first token of an answer.
  package enum Work: Sendable, Equatable {
    /// A tile of a picture is encoded next; both are counted from 0.
    case picture(Int, tile: Int, of: Int)
    /// So many of the prompt's tokens have gone through the decoder.
    case prompt(done: Int, of: Int)
  }

  /// Names a submitted conversation.
  public struct ID: Hashable, Sendable {
    fileprivate let number: Int
  }

  /// A conversation that waits for room.
  private struct Waiting {
    let id: ID
    let prompt: Prompt
    let options: GenerationOptions
    let submitted = ContinuousClock.now
    let onEvent: (Event) -> Void
  }

  /// A conversation that is being answered.
  private struct Running {
    let id: ID
    let generation: Generation
    let onEvent: (Event) -> Void
  }

  /// The model that answers.
  public let model: VisionLanguageModel
  private let pool: SequencePool
  private let pictures: PictureEncoder
  private var waiting: [Waiting] = []
  private var running: [Running] = []
  private var submissions = 0
  /// Takes down intermediate tensors while a single conversation is answered.
  private var recorder: Recorder?
  /// Hears what is done while a single conversation is answered.
  private var onWork: (Work) -> Void = { _ in }
  /// For tests: sees each row of logits, `[vocabulary]`, before a token is chosen from it.
  package var onLogits: ((ID, UnsafeBufferPointer<Float>) -> Void)?

  /// A scheduler without work.
  public init(_ model: VisionLanguageModel) {
    self.model = model
    pool = SequencePool(model)
    pictures = PictureEncoder(model)
  }

  /// Whether every conversation has its answer.
  public var isIdle: Bool { waiting.isEmpty && running.isEmpty }

  /// Whether a prompt still has to be read.
  package var isReading: Bool {
    !waiting.isEmpty || running.contains { !$0.generation.isDecoding }
  }

  /// How full the KV caches are.
  var cacheUse: CacheUse { pool.use }

  /// Bytes of the keys and values of the answers that are running.
  package var cacheBytes: Int { running.reduce(0) { $0 + $1.generation.sequence.cacheBytes } }

  /// Adds a conversation, to be answered by further steps.
  ///
  /// - Parameters:
  ///   - conversation: all messages and their pictures.
  ///   - options: how to generate.
  ///   - onEvent: called from `step` and `cancel`.
  /// - Returns: what cancels it.
  /// - Throws: `InternVLError` when the conversation cannot be turned into a prompt, or no answer of
  ///   the shape is short enough.
  @discardableResult
  public func submit(
    _ conversation: Conversation, options: GenerationOptions = GenerationOptions(),
    onEvent: @escaping (Event) -> Void
  ) throws(InternVLError) -> ID {
    try submit(
      model.prompts.prompt(
        conversation, maxTiles: options.maxTiles, prefill: options.prefill),
      options: options, onEvent: onEvent)
  }

  /// Adds a prompt that was made for this model, to be answered by further steps.
  ///
  /// - Throws: `InternVLError.shapeTooLong` where no answer of the wanted shape is short enough.
  @discardableResult
  package func submit(
    _ prompt: Prompt, options: GenerationOptions, onEvent: @escaping (Event) -> Void
  ) throws(InternVLError) -> ID {
    if let shape = options.shape {
      let limit = min(options.maxTokens, model.contextLength - prompt.tokens.count)
      let shortest = model.shapes.constraint(shape).shortestAnswer
      guard shortest <= limit else { throw .shapeTooLong(tokens: shortest, limit: limit) }
    }
    return wait(prompt, options: options, onEvent: onEvent)
  }

  /// Adds a prompt of tokens as they are, at least one.
  package func submit(
    tokens: [Int32], options: GenerationOptions, onEvent: @escaping (Event) -> Void
  ) -> ID {
    wait(Prompt(tokens: tokens), options: options, onEvent: onEvent)
  }

  /// Lets a prompt wait for room.
  private func wait(
    _ prompt: Prompt, options: GenerationOptions, onEvent: @escaping (Event) -> Void
  ) -> ID {
    submissions += 1
    let id = ID(number: submissions)
    waiting.append(Waiting(id: id, prompt: prompt, options: options, onEvent: onEvent))
    return id
  }

  /// Ends a conversation's answer with what there is of it; nothing when it has ended before.
  public func cancel(_ id: ID) {
    if let index = waiting.firstIndex(where: { $0.id == id }) {
      let request = waiting.remove(at: index)
      request.onEvent(.ended(.success(Reply(cancelled: request.prompt))))
    } else if let entry = running.first(where: { $0.id == id }) {
      show(entry.generation.finish(.cancelled), entry)
      retire()
    }
  }

  /// Does the next piece of work: a token of every running answer, and a tile or a piece of the prompt
  /// that is being read.
  public func step() {
    admit()
    let reading = running.first { !$0.generation.isDecoding }
    if let reading { encodePictures(of: reading.generation) }
    let decoding = running.filter { $0.generation.isDecoding }
    let prompt = reading.flatMap { $0.generation.isReadingPrompt ? $0 : nil }
    guard !decoding.isEmpty || prompt != nil else { return }
    decode(decoding, reading: prompt)
    retire()
  }

  /// Answers one conversation, and whatever else was submitted meanwhile.
  ///
  /// - Parameters:
  ///   - conversation: all messages and their pictures.
  ///   - options: how to generate.
  ///   - isCancelled: asked between tiles, pieces of the prompt and tokens.
  ///   - onThought: called with each piece of what the model thinks before it answers.
  ///   - onText: called with each piece of text; the pieces add up to the reply's text.
  /// - Returns: the answer; what was generated so far when cancelled.
  /// - Throws: `InternVLError` when the conversation cannot be turned into a prompt, or the model
  ///   computes a value that is infinite or NaN.
  public func reply(
    to conversation: Conversation, options: GenerationOptions = GenerationOptions(),
    isCancelled: () -> Bool = { false }, onThought: (String) -> Void = { _ in },
    onText: (String) -> Void = { _ in }
  ) throws(InternVLError) -> Reply {
    var events: [Event] = []
    let id = try submit(conversation, options: options) { events.append($0) }
    while true {
      if isCancelled() { cancel(id) } else { step() }
      for event in events {
        switch event {
        case .thought(let piece): onThought(piece)
        case .text(let piece): onText(piece)
        case .ended(let result): return try result.get()
        case .started, .chose: break
        }
      }
      events.removeAll()
    }
  }

  /// Answers one conversation, says what is done before the first token, and records intermediate
  /// tensors of what had to be computed.
  ///
  /// - Precondition: nothing else is being answered.
  package func reply(
    to conversation: Conversation, options: GenerationOptions, recorder: Recorder?,
    isCancelled: () -> Bool = { false }, onWork: @escaping (Work) -> Void = { _ in },
    onThought: (String) -> Void = { _ in }, onText: (String) -> Void = { _ in }
  ) throws(InternVLError) -> Reply {
    precondition(isIdle, "a recording is of one conversation")
    self.recorder = recorder
    self.onWork = onWork
    defer {
      self.recorder = nil
      self.onWork = { _ in }
    }
    let reply = try reply(
      to: conversation, options: options, isCancelled: isCancelled, onThought: onThought,
      onText: onText)
    recorder?.append("prompt_ids", tokens: reply.promptTokenIDs)
    recorder?.append("greedy_ids", tokens: reply.tokenIDs)
    return reply
  }

  // MARK: - Parts of a step

  /// Begins to answer those that waited longest, as far as there is room for all of their tokens.
  private func admit() {
    while let request = waiting.first, running.count < model.maximumSequences {
      let prompt = request.prompt.tokens.count
      // Whoever wants no limit may ask for the largest integer.
      let positions =
        prompt + max(1, min(model.contextLength - prompt, request.options.maxTokens))
      guard let sequence = pool.take(for: request.prompt, positions: positions) else { return }
      waiting.removeFirst()
      let generation = Generation(
        request.prompt, options: request.options, sequence: sequence, model: model,
        started: request.submitted)
      running.append(Running(id: request.id, generation: generation, onEvent: request.onEvent))
      request.onEvent(.started)
    }
  }

  /// Encodes a tile that the prompt needs, or moves on to the prompt where it needs none.
  private func encodePictures(of generation: Generation) {
    while let index = generation.nextPicture {
      let picture = generation.prompt.pictures[index]
      guard let known = pictures.features(of: picture.key) else {
        onWork(
          .picture(index, tile: pictures.encodedTiles(of: picture.key), of: picture.key.grid.count))
        let started = ContinuousClock.now
        pictures.encodeTile(of: picture, recorder: recorder)
        generation.timings.imageSeconds += started.elapsed
        return
      }
      generation.take(known, of: index)
    }
    generation.beginPrompt()
  }

  /// Runs the newest tokens and a piece of a prompt through the decoder, and shows what came out.
  private func decode(_ decoding: [Running], reading: Running?) {
    let started = ContinuousClock.now
    if let reading = reading?.generation {
      onWork(.prompt(done: reading.sequence.count, of: reading.prompt.tokens.count))
    }
    let isLast = reading?.generation.nextPiece?.wantsLogits == true
    model.run(
      decoding: decoding.map(\.generation), reading: reading?.generation, recorder: recorder)
    // Whoever hears of a piece may cancel another answer.
    for (row, entry) in (decoding + (isLast ? [reading].compactMap(\.self) : [])).enumerated()
    where !entry.generation.hasEnded {
      let observe = onLogits.map { observe in { observe(entry.id, $0) } }
      let known = entry.generation.choices.count
      let text = model.advance(
        entry.generation, row: row, recorder: recorder, observe: observe)
      entry.generation.choices[known...].forEach { entry.onEvent(.chose($0)) }
      show(text, entry)
    }
    reading?.generation.timings.prefillSeconds += started.elapsed
  }

  private func show(_ text: String, _ entry: Running) {
    let thought = entry.generation.takeThought()
    if !thought.isEmpty { entry.onEvent(.thought(thought)) }
    if !text.isEmpty { entry.onEvent(.text(text)) }
  }

  /// Hands over the answers that have ended and takes their KV caches back.
  private func retire() {
    let rotary = model.configuration.language.rotary
    let ended = running.filter(\.generation.hasEnded)
    running.removeAll(where: \.generation.hasEnded)
    for entry in ended {
      let result = Result { () throws(InternVLError) in try entry.generation.reply(rotary: rotary) }
      pool.giveBack(entry.generation.sequence)
      entry.onEvent(.ended(result))
    }
  }
}
