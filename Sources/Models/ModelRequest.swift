package import InternVL
package import Registry

/// What is to be loaded, and how.
package struct ModelRequest: Sendable {
  /// Which of the registry's models; what was left out is chosen.
  package var spec: SpecRequest
  /// The path of a checkpoint's folder, taken in place of a model of the registry.
  package var folder: String?
  /// Where it may be downloaded from.
  package var hub: HubSelection
  /// Precision, threads, context length and where packed weights are kept.
  package var options: ModelOptions
  /// Largest number of tiles a picture is cut into, which memory depends on; nil for the model's own.
  package var maxTiles: Int?
  /// Conversations that are to be answered at the same time; nil where one is.
  package var batch: BatchRequest?
  /// Whether it is loaded even if it seems to need more memory than is free.
  package var isForced: Bool

  package init(
    spec: SpecRequest = SpecRequest(), folder: String? = nil, hub: HubSelection = HubSelection(),
    options: ModelOptions = ModelOptions(), maxTiles: Int? = nil, batch: BatchRequest? = nil,
    isForced: Bool = false
  ) {
    self.spec = spec
    self.folder = folder
    self.hub = hub
    self.options = options
    self.maxTiles = maxTiles
    self.batch = batch
    self.isForced = isForced
  }
}
