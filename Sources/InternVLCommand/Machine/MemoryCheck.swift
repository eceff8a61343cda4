import Checkpoint
import Files
import Foundation
import InternVL
import Registry

/// Whether a checkpoint fits into memory, judged from its configuration before anything is loaded.
struct MemoryCheck {
  let shape: ModelShape
  let format: ModelFormat
  let isFast: Bool
  let contextLength: Int
  let tiles: Int

  init(shape: ModelShape, format: ModelFormat, isFast: Bool, contextLength: Int, tiles: Int) {
    self.shape = shape
    self.format = format
    self.isFast = isFast
    self.contextLength = contextLength
    self.tiles = tiles
  }

  /// Reads a checkpoint's configuration.
  ///
  /// - Throws: `CheckpointError` when it is missing or not supported.
  init(
    folder: URL, options: ModelOptions, maxTiles: Int?
  ) throws(CheckpointError) {
    let configuration = try Configuration(folder: folder)
    shape = ModelShape(configuration)
    format = configuration.language.isAWQ ? .awq : .pytorch
    isFast = options.precision.map { $0 == .fast } ?? (format == .awq)
    contextLength = options.contextLength
    let most = maxTiles ?? configuration.maximumTiles
    tiles = most + (configuration.usesThumbnail && most > 1 ? 1 : 0)
  }

  /// Judges a model that is not downloaded; nil when the registry does not know its dimensions.
  init?(_ spec: ModelSpec, runtime: RuntimeChoice, maxTiles: Int?) {
    guard let shape = spec.shape else { return nil }
    self.init(
      shape: shape, format: spec.format,
      isFast: runtime.precision.map { $0 == .fast } ?? (spec.format == .awq),
      contextLength: runtime.contextLength,
      tiles: maxTiles.map { $0 + ($0 > 1 ? 1 : 0) } ?? MemoryPlan.usualTiles)
  }

  /// Refuses a model that needs more memory than is free.
  func require(_ machine: Machine, name: String, registry: Registry) throws(CommandError) {
    guard let free = machine.freeBytes else { return }
    let need = estimate(contextLength: contextLength)
    guard need.totalBytes > free else { return }
    throw .tooLarge(
      """
      \(name) needs \(ByteCount(need.totalBytes)) at \(contextLength) tokens (weights \
      \(ByteCount(need.weightBytes)), key/value cache \(ByteCount(need.cacheBytes)), working \
      space \(ByteCount(need.activationBytes))), but \(ByteCount(free)) are free; \
      \(remedies(free: free, machine: machine, registry: registry).joined(separator: ", or ")), \
      or go on with --force
      """)
  }

  private func estimate(contextLength: Int) -> MemoryEstimate {
    MemoryEstimate(
      shape: shape,
      plan: MemoryPlan(
        format: format, isFast: isFast, contextLength: contextLength, tiles: tiles))
  }

  /// What would fit: a shorter context of this model, a smaller model at this context.
  private func remedies(free: Int, machine: Machine, registry: Registry) -> [String] {
    var remedies: [String] = []
    let need = estimate(contextLength: contextLength)
    let left = free - need.weightBytes - need.activationBytes
    let longest = left / (need.cacheBytes / contextLength) / 256 * 256
    if longest >= 1024 { remedies.append("use --context-length \(longest)") }
    let fitting = registry.families.flatMap(\.specs).filter {
      guard case .hubs = $0.source else { return false }  // the demo is no replacement
      return machine.fits($0, contextLength: contextLength) == true
    }
    if let largest = fitting.max(by: { $0.size < $1.size }) {
      remedies.append("use \(largest.name)")
    }
    return remedies.isEmpty ? ["close other programs"] : remedies
  }
}

extension ModelShape {
  /// The dimensions that a configuration states.
  init(_ configuration: Configuration) {
    let tower = configuration.vision, text = configuration.language
    self.init(
      vision: VisionShape(
        imageSize: tower.imageSize, patchSize: tower.patchSize, hidden: tower.hidden,
        layers: tower.layers, heads: tower.heads, intermediate: tower.intermediate,
        hasQKVBias: tower.hasQKVBias, hasQKNorm: tower.normalizesQK,
        hasNormBias: tower.norm == .layerNorm),
      language: LanguageShape(
        layout: text.layout == .internLM2 ? .internlm2 : .qwen2, hidden: text.hidden,
        layers: text.layers, heads: text.heads, kvHeads: text.keyValueHeads,
        headWidth: text.headWidth, intermediate: text.intermediate, vocabulary: text.vocabulary,
        isTied: text.isTied))
  }
}
