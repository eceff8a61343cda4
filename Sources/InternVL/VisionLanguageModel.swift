import Checkpoint
public import Foundation
import Imaging
import Kernels
package import Tokenizers

/// An InternVL3 model in memory, ready to answer.
///
/// Not `Sendable`: it has one owner, which calls it from one thread at a time; it uses several
/// threads inside.
public final class VisionLanguageModel {
  /// What config.json says.
  public let configuration: Configuration
  /// The precision in use.
  public let precision: Precision
  /// Tokens that a conversation may have, prompt and answer together.
  public let contextLength: Int
  /// Why the packed weights are in memory only, where they could not be kept in their folder.
  public let packedWeightsError: (any Error)?

  package let tokenizer: any Tokenizer
  let stopToken: Int32
  let imageContentToken: Int32
  let compute: Compute
  let tower: VisionTower
  let projector: Projector
  let language: LanguageModel
  /// Conversations that may be generated at the same time.
  let maximumSequences: Int

  /// Rows of a prefill pass: enough to use each weight many times, little enough for the caches.
  static let prefillRows = 512

  /// Loads a checkpoint folder in OpenGVLab's layout.
  ///
  /// - Parameters:
  ///   - folder: config.json, tokenizer files and weights.
  ///   - options: precision, threads, context.
  ///   - isCancelled: asked before every matrix that is packed or checked.
  ///   - progress: while weights are packed, called with the bytes done, 0 at first, and the bytes in
  ///     all.
  /// - Throws: `InternVLError` naming the file, tensor or key that is wrong, or `.cancelled`.
  public init(
    folder: URL, options: ModelOptions = ModelOptions(),
    isCancelled: @escaping () -> Bool = { false },
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(InternVLError) {
    let checkpoint: CheckpointFolder
    do {
      configuration = try Configuration(folder: folder)
      tokenizer = try loadTokenizer(folder: folder)
      checkpoint = try CheckpointFolder(folder)
    } catch let error as TokenizerError {
      throw .tokenizer(error)
    } catch {
      throw .checkpoint(error)
    }
    stopToken = try Self.token(ConversationTemplate.stop, tokenizer, configuration)
    imageContentToken = try Self.token(ConversationTemplate.imageContent, tokenizer, configuration)
    _ = try Self.token(ConversationTemplate.imageStart, tokenizer, configuration)
    precision = options.precision ?? (configuration.language.isAWQ ? .fast : .exact)
    contextLength = options.contextLength
    maximumSequences = options.sequences
    let arithmetic: Arithmetic = precision == .fast ? .int8 : .float
    let compute = Compute(
      lanes: options.threads ?? Processors.count, instructionSet: options.instructionSet)
    self.compute = compute
    let packer = WeightPacker(checkpoint, compute: compute, isCancelled: isCancelled)
    let packed: PackedWeights?
    (packed, packedWeightsError) = try Self.packedWeights(
      folder, options: options, configuration: configuration, arithmetic: arithmetic,
      packer: packer, progress: progress)
    let loader = WeightLoader(
      checkpoint, configuration.language, arithmetic: arithmetic, packed: packed, packer: packer)
    tower = VisionTower(
      try VisionWeights(loader, configuration.vision), configuration: configuration.vision,
      arithmetic: arithmetic, compute: compute)
    projector = Projector(
      try ProjectorWeights(loader, configuration), configuration: configuration,
      arithmetic: arithmetic, compute: compute)
    language = LanguageModel(
      try LanguageWeights(loader, configuration.language),
      configuration: configuration.language, arithmetic: arithmetic, compute: compute,
      rows: max(Self.prefillRows, options.sequences), sequences: options.sequences)
  }

  /// The packed weights of a checkpoint, made first where they are missing, damaged or out of date.
  ///
  /// - Returns: none where nothing is packed, no folder is given or the file cannot be written, and
  ///   why it cannot.
  private static func packedWeights(
    _ folder: URL, options: ModelOptions, configuration: Configuration, arithmetic: Arithmetic,
    packer: WeightPacker, progress: (Int, Int) -> Void
  ) throws(InternVLError) -> (PackedWeights?, (any Error)?) {
    let entries = try ModelPlan(configuration, type: .float16).packedEntries(arithmetic)
    guard let cache = options.packedWeights, !entries.isEmpty else { return (nil, nil) }
    let file = cache.appending(path: PackedWeights.fileName(folder, arithmetic: arithmetic))
    do {
      let packed = try PackedWeights.load(
        file, entries: entries, folder: folder, arithmetic: arithmetic, packer: packer,
        progress: progress)
      return (packed, nil)
    } catch let error as InternVLError {
      throw error
    } catch {
      return (nil, error)
    }
  }

  /// Starts a conversation with an empty KV cache.
  public func makeSession() -> ChatSession { ChatSession(self) }

  /// A token that the template needs, by its text.
  private static func token(
    _ text: String, _ tokenizer: any Tokenizer, _ configuration: Configuration
  ) throws(InternVLError) -> Int32 {
    guard let token = tokenizer.id(of: text), token < configuration.language.vocabulary else {
      throw .missingToken(text)
    }
    return token
  }

  // MARK: - Steps of a generation

  func makeSequence() -> SequenceState { language.makeSequence(capacity: contextLength) }

  func makePrompt(
    _ conversation: Conversation, maxTiles: Int?
  ) throws(InternVLError) -> Prompt {
    let prompt = try Prompt(
      conversation, maxTiles: maxTiles, configuration: configuration, tokenizer: tokenizer,
      imageContent: imageContentToken)
    let vocabulary = configuration.language.vocabulary
    if let token = prompt.tokens.first(where: { $0 >= vocabulary }) {
      throw .unknownToken(
        tokenizer.decode([token], skippingSpecial: false), id: token, vocabulary: vocabulary)
    }
    guard prompt.tokens.count < contextLength else {
      throw .promptTooLong(tokens: prompt.tokens.count, context: contextLength)
    }
    return prompt
  }

  /// Runs the part of the prompt that the sequence does not hold yet, and samples the first token.
  ///
  /// - Returns: the text that may be shown now; nothing when cancelled.
  func prefill(_ generation: Generation, isCancelled: () -> Bool) -> String {
    let started = ContinuousClock.now
    guard let features = encodePictures(generation, isCancelled: isCancelled) else {
      return generation.finish(.cancelled)
    }
    generation.timings.imageSeconds = started.elapsed
    let prefillStarted = ContinuousClock.now
    defer { generation.timings.prefillSeconds = prefillStarted.elapsed }
    let tokens = generation.prompt.tokens
    while generation.sequence.count < tokens.count {
      if isCancelled() { return generation.finish(.cancelled) }
      let start = generation.sequence.count
      let end = min(tokens.count, start + Self.prefillRows)
      fillStream(generation.prompt, positions: start..<end, features: features)
      language.forward(
        [.init(sequence: generation.sequence, rows: 0..<end - start, length: tokens.count)],
        wantsLogits: end == tokens.count, recorder: generation.recorder)
    }
    return advance(generation, row: 0)
  }

  /// Feeds each generation's newest token back and samples the next one.
  ///
  /// - Returns: for each generation the text that may be shown now.
  func decode(_ generations: [Generation]) -> [String] {
    let started = ContinuousClock.now
    language.stream.rows = generations.count
    let slices = generations.enumerated().map { row, generation in
      language.embed(generation.tokens.last ?? stopToken, row: row)
      return LanguageModel.Slice(
        sequence: generation.sequence, rows: row..<row + 1,
        length: generation.sequence.count + 1)
    }
    language.forward(slices, wantsLogits: true, recorder: nil)
    let texts = generations.enumerated().map { advance($1, row: $0) }
    let elapsed = started.elapsed
    for generation in generations { generation.timings.decodeSeconds += elapsed }
    return texts
  }

  private func advance(_ generation: Generation, row: Int) -> String {
    guard language.output.isFinite(row: row) else { return generation.fail(.notFinite) }
    let demand = generation.demand
    guard demand != .likeliest else {
      return generation.advance(language.output.likeliest(row: row, on: compute))
    }
    let logits = language.output.logits(row: row, demand, on: compute)
    generation.recorder?.append("logits", shape: [1, logits.count], values: Array(logits))
    return generation.advance(logits)
  }

  /// Encodes the pictures whose tokens are not all in the cache; nil when cancelled.
  ///
  /// - Returns: for each picture `[tokens, hidden]`, empty where it is not needed.
  private func encodePictures(
    _ generation: Generation, isCancelled: () -> Bool
  ) -> [[Float]]? {
    var features: [[Float]] = []
    for picture in generation.prompt.pictures {
      var values: [Float] = []
      if picture.tokens.upperBound > generation.sequence.count {
        values.reserveCapacity(picture.tokens.count * configuration.language.hidden)
        for tile in tiles(of: picture.pixels, grid: picture.grid, tileSize: configuration.tileSize)
        {
          if isCancelled() { return nil }
          tower.encode(tile, recorder: generation.recorder)
          projector.project(
            tower.stream, appendingTo: &values, recorder: generation.recorder)
        }
      }
      features.append(values)
    }
    return features
  }

  /// Puts the embeddings of some prompt positions into the language model's stream.
  private func fillStream(_ prompt: Prompt, positions: Range<Int>, features: [[Float]]) {
    let hidden = configuration.language.hidden
    language.stream.rows = positions.count
    for (row, position) in positions.enumerated() {
      language.embed(prompt.tokens[position], row: row)
    }
    for (picture, values) in zip(prompt.pictures, features) {
      let shared = picture.tokens.clamped(to: positions)
      guard !shared.isEmpty else { continue }
      values.withUnsafeBufferPointer { source in
        let first = (shared.lowerBound - picture.tokens.lowerBound) * hidden
        let target = language.stream.pointer + (shared.lowerBound - positions.lowerBound) * hidden
        for index in 0..<shared.count * hidden { target[index] = source[first + index] }
      }
    }
  }
}
