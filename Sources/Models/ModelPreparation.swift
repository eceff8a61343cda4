import Foundation
package import Hub
import InternVL
import Registry

/// The way from a request to a model in memory, in three steps: find, fetch, load.
///
/// A caller may look at something between the steps, such as whether its pictures can be read
/// before anything is downloaded.
package struct ModelPreparation {
  private let request: ModelRequest
  private let catalog: ModelCatalog
  private let isCancelled: @Sendable () -> Bool
  private let mayDownload: (DownloadPlan) -> Bool
  private let onEvent: (ModelEvent) -> Void

  /// Prepares what a request asks for.
  ///
  /// - Parameters:
  ///   - request: which model, and how it is to run.
  ///   - catalog: the models that there are.
  ///   - isCancelled: asked many times a second, on any thread.
  ///   - mayDownload: asked before a download begins.
  ///   - onEvent: told what happens, on the calling thread.
  package init(
    _ request: ModelRequest, catalog: ModelCatalog,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    mayDownload: @escaping (DownloadPlan) -> Bool = { _ in true },
    onEvent: @escaping (ModelEvent) -> Void = { _ in }
  ) {
    self.request = request
    self.catalog = catalog
    self.isCancelled = isCancelled
    self.mayDownload = mayDownload
    self.onEvent = onEvent
  }

  /// Does everything.
  package func run() throws -> LoadedModel { try load(fetch(find())) }

  /// Finds the model.
  ///
  /// A folder that the request names is taken; what else it says then only has to make sense.
  ///
  /// - Throws: `RegistryError`, `ModelsError`, or `CheckpointError` for its config.json.
  package func find() throws -> FoundModel {
    if let folder = request.folder {
      if request.spec != SpecRequest() {
        _ = try catalog.registry.resolve(request.spec) { _ in
          SpecStanding(isHere: false, fits: true)
        }
      }
      return .here(try ModelCheckpoint(path: folder))
    }
    let resolution = try catalog.resolve(
      request.spec, hub: request.hub, contextLength: request.options.contextLength)
    let spec = resolution.spec
    if !request.spec.isComplete { onEvent(.chosen(spec, reasons: resolution.reasons)) }
    if let folder = catalog.folder(of: spec, hub: request.hub) {
      return .here(try ModelCheckpoint(name: spec.name, folder: folder))
    }
    guard case .folder(let path, let base) = spec.source else { return .atHubs(spec) }
    throw ModelsError.missingFolder(
      path: base.map { URL(filePath: path, relativeTo: $0).standardizedFileURL.path } ?? path,
      model: spec.name, isOwn: base != nil)
  }

  /// Refuses a model that needs more memory than is free, and downloads what is missing of another.
  ///
  /// - Throws: `HubError`, `ModelsError`, or `CheckpointError` for the model's config.json.
  package func fetch(_ found: FoundModel) throws -> ModelCheckpoint {
    try requireMemory(for: found)
    switch found {
    case .here(let checkpoint): return checkpoint
    case .atHubs(let spec):
      let download = try download(of: spec)
      let choice = try choose(download)
      let checkpoint = try ModelCheckpoint(name: spec.name, folder: download.carryOut(choice))
      try catalog.requireMemory(for: spec.name, checkpoint.configuration, request)
      return checkpoint
    }
  }

  /// Asks whether a model may be downloaded, long before it is.
  ///
  /// - Throws: `HubError`, and `ModelsError`.
  package func requireConsent(to found: FoundModel) throws {
    guard case .atHubs(let spec) = found else { return }
    try requireMemory(for: found)
    _ = try choose(download(of: spec))
  }

  private func requireMemory(for found: FoundModel) throws {
    guard let configuration = found.configuration else { return }
    try catalog.requireMemory(for: found.name, configuration, request)
  }

  private func download(of spec: ModelSpec) throws -> ModelDownload {
    try ModelDownload(
      spec, from: request.hub, catalog: catalog, isCancelled: isCancelled, onEvent: onEvent)
  }

  private func choose(_ download: ModelDownload) throws -> HubChoice {
    let choice = try download.choose()
    if case .download(let plan) = choice, plan.neededBytes > 0, !mayDownload(plan) {
      throw isCancelled() ? ModelsError.cancelled : .declined
    }
    return choice
  }

  /// Loads the model; packs its weights where no launch did so before.
  ///
  /// - Throws: `InternVLError`, and `ModelsError.cancelled`.
  package func load(_ checkpoint: ModelCheckpoint) throws -> LoadedModel {
    let start = ContinuousClock.now
    do {
      let options = try request.batch.map {
        try $0.options(
          request.options, configuration: checkpoint.configuration, maxTiles: request.maxTiles,
          freeBytes: catalog.freeBytes)
      }
      let model = try VisionLanguageModel(
        folder: checkpoint.folder, configuration: checkpoint.configuration,
        options: options ?? request.options, isCancelled: isCancelled,
        progress: { onEvent(.packing(done: $0, total: $1)) })
      // Where nothing is packed, the model has not asked.
      if isCancelled() { throw InternVLError.cancelled }
      if model.hasLostNorms { onEvent(.lostNorms) }
      if let reason = model.packedWeightsError { onEvent(.packedIntoMemory(reason: reason)) }
      return LoadedModel(name: checkpoint.name, model: model, loadSeconds: start.elapsed)
    } catch InternVLError.cancelled {
      throw ModelsError.cancelled
    }
  }
}
