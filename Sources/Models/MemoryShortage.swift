import Files
package import InternVL
import Registry

/// A model that needs more memory than is free, and what would fit.
package struct MemoryShortage: Sendable, Equatable {
  package let model: String
  package let contextLength: Int
  package let need: MemoryNeed
  package let freeBytes: Int
  /// The longest context at which it fits; nil where none of use does.
  package let fittingContext: Int?
  /// The largest model that fits at the same context.
  package let fittingModel: String?
}

extension MemoryShortage: CustomStringConvertible {
  package var description: String {
    "\(model) needs \(ByteCount(need.totalBytes)) at \(contextLength) tokens (weights "
      + "\(ByteCount(need.weightBytes)), key/value cache \(ByteCount(need.cacheBytes)), working "
      + "space \(ByteCount(need.activationBytes))), but \(ByteCount(freeBytes)) are free"
  }
}

extension ModelCatalog {
  /// Refuses a model that needs more memory than is free.
  ///
  /// - Throws: `ModelsError.tooLarge`; `InternVLError` where the configuration cannot be planned.
  func requireMemory(
    for name: String, _ configuration: Configuration, _ request: ModelRequest
  ) throws {
    guard !request.isForced, let free = freeBytes else { return }
    let need = try ModelPlan(configuration).memory(request.options, maxTiles: request.maxTiles)
    guard need.totalBytes > free else { return }
    let context = request.options.contextLength
    let left = free - need.weightBytes - need.activationBytes
    let longest = left / (need.cacheBytes / context) / 256 * 256
    throw ModelsError.tooLarge(
      MemoryShortage(
        model: name, contextLength: context, need: need, freeBytes: free,
        fittingContext: longest >= 1024 ? longest : nil,
        fittingModel: largestFitting(contextLength: context, freeBytes: free)))
  }

  /// The largest model at the hubs that fits; the demo is no replacement.
  private func largestFitting(contextLength: Int, freeBytes: Int) -> String? {
    registry.families.flatMap(\.specs)
      .filter { spec in
        spec.isOnHubs
          && fits(spec, contextLength: contextLength, freeBytes: freeBytes) == true
      }
      .max { $0.size < $1.size }?.name
  }
}
