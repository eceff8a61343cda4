import Checkpoint
public import Foundation
import Imaging
import Kernels
package import Tokenizers

/// An InternVL model in memory, ready to answer.
///
/// Not `Sendable`: it has one owner, which calls it from one thread at a time; it uses several
/// threads inside.
public final class VisionLanguageModel {
  /// What config.json says, as far as the stored tensors agree.
  public let configuration: Configuration
  /// The precision in use.
  public let precision: Precision
  /// Tokens that a conversation may have, prompt and answer together.
  public let contextLength: Int
  /// Why the packed weights are in memory only, where they could not be kept in their folder.
  public let packedWeightsError: (any Error)?

  /// Whether the vision tower's norms of q and k seem to have been lost in a conversion.
  package let hasLostNorms: Bool

  /// Whether answers may begin with a thought, which is told from the rest.
  public var thinks: Bool { special.thought != nil }

  package let tokenizer: any Tokenizer
  let special: SpecialTokens
  let compute: Compute
  let tower: VisionTower
  let projector: Projector
  let language: LanguageModel
  let shapes: ShapeMasks
  /// Turns conversations into prompts.
  package var prompts: PromptBuilder {
    PromptBuilder(
      configuration: configuration, tokenizer: tokenizer, contextLength: contextLength,
      special: special)
  }

  /// Conversations that may be generated at the same time.
  package let maximumSequences: Int
  /// Tokens that the KV caches of all conversations together have room for.
  let cacheLength: Int

  /// Rows of the largest pass: a piece of a prompt, and a token of every sequence.
  static func passRows(_ options: ModelOptions) -> Int { options.sequences + Prompt.pieceTokens }

  /// Loads a checkpoint folder in OpenGVLab's layout or transformers'.
  ///
  /// - Parameters:
  ///   - folder: config.json, tokenizer files and weights.
  ///   - options: precision, threads, context.
  ///   - isCancelled: asked before every matrix that is packed or checked.
  ///   - progress: while weights are packed, called with the bytes done, 0 at first, and the bytes in
  ///     all.
  /// - Throws: `InternVLError` naming the file, tensor or key that is wrong, or `.cancelled`.
  public convenience init(
    folder: URL, options: ModelOptions = ModelOptions(),
    isCancelled: @escaping () -> Bool = { false },
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(InternVLError) {
    let configuration: Configuration
    do {
      configuration = try Configuration(folder: folder)
    } catch {
      throw .checkpoint(error)
    }
    try self.init(
      folder: folder, configuration: configuration, options: options, isCancelled: isCancelled,
      progress: progress)
  }

  /// Loads a checkpoint folder whose config.json was read before.
  package init(
    folder: URL, configuration described: Configuration, options: ModelOptions,
    isCancelled: @escaping () -> Bool, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(InternVLError) {
    let checkpoint: CheckpointFolder
    let trained: [String: StoredTensor]
    let configuration: Configuration
    do {
      tokenizer = try loadTokenizer(folder: folder)
      (checkpoint, trained) = try CheckpointFolder(folder).splitAdapter()
      configuration = try described.adapted(to: checkpoint)
    } catch let error as TokenizerError {
      throw .tokenizer(error)
    } catch {
      throw .checkpoint(error)
    }
    self.configuration = configuration
    special = try SpecialTokens(tokenizer, configuration)
    shapes = ShapeMasks(
      tokenizer, count: configuration.language.vocabulary, stop: special.stops[0])
    precision = options.precision ?? .usual(for: configuration)
    contextLength = options.contextLength
    maximumSequences = options.sequences
    cacheLength = options.sharedCacheLength
    let arithmetic = Arithmetic(precision)
    let compute = Compute(
      lanes: options.threads ?? Processors.count, instructionSet: options.instructionSet)
    self.compute = compute
    let adapters = try Self.adapters(options, trained, configuration, checkpoint)
    let stored = AdaptedWeights(
      checkpoint: checkpoint, configuration: configuration, adapters: adapters, compute: compute)
    let packer = WeightPacker(stored, isCancelled: isCancelled)
    let packed: PackedWeights?
    (packed, packedWeightsError) = try Self.packedWeights(
      folder, options: options, configuration: configuration, arithmetic: arithmetic,
      packer: packer, progress: progress)
    let loader = WeightLoader(
      stored, configuration, arithmetic: arithmetic, packed: packed, packer: packer)
    let vision = try VisionWeights(loader, configuration.vision, configuration.names.vision)
    hasLostNorms = vision.hasLostNorms
    tower = VisionTower(
      vision, configuration: configuration.vision, arithmetic: arithmetic, compute: compute)
    projector = Projector(
      try ProjectorWeights(loader, configuration), configuration: configuration,
      arithmetic: arithmetic, compute: compute)
    language = LanguageModel(
      try LanguageWeights(loader, configuration),
      configuration: configuration.language, arithmetic: arithmetic, compute: compute,
      rows: Self.passRows(options), sequences: options.sequences)
  }

  /// What changes the weights: the adapter that OpenGVLab's scripts left in the checkpoint, and the user's.
  private static func adapters(
    _ options: ModelOptions, _ trained: [String: StoredTensor], _ configuration: Configuration,
    _ checkpoint: CheckpointFolder
  ) throws(InternVLError) -> [LowRankAdapter] {
    var adapters: [LowRankAdapter] = []
    if !trained.isEmpty {
      do {
        adapters.append(
          try LowRankAdapter(trained, .openGVLab, configuration, checkpoint))
      } catch {
        throw .adapter(name: checkpoint.url.lastPathComponent, error)
      }
    }
    if let folder = options.adapter {
      adapters.append(
        try LowRankAdapter(folder: folder, configuration: configuration, checkpoint: checkpoint))
    }
    return adapters
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
    let file = cache.appending(
      path: PackedWeights.fileName(folder, adapter: options.adapter, arithmetic: arithmetic))
    do {
      let packed = try PackedWeights.load(
        file, entries: entries, folder: folder, adapter: options.adapter, arithmetic: arithmetic,
        packer: packer, progress: progress)
      return (packed, nil)
    } catch let error as InternVLError {
      throw error
    } catch {
      return (nil, error)
    }
  }
}
