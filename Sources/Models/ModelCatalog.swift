package import Foundation
package import Hub
import InternVL
package import Registry

/// The models that the registry names, and what this machine says about them.
package struct ModelCatalog: Sendable {
  package let registry: Registry
  /// How the hubs are set up, or why that makes no sense.
  let hubs: Result<HubSettings, HubError>
  /// The folder of a spec's checkpoint; nil when it is not on this machine.
  private let localFolder: @Sendable (ModelSpec, HubSelection) -> URL?
  private let freeMemory: @Sendable () -> Int?

  /// The models of this machine.
  package init(registry: Registry, hubs: Result<HubSettings, HubError>, data: DataFolders) {
    self.init(
      registry: registry, hubs: hubs, freeMemory: FreeMemory.bytes,
      localFolder: { spec, hub in
        if case .folder(let path, let base) = spec.source {
          return Self.folder(path, in: base.map { [$0] } ?? data.folders)
        }
        return (try? hubs.get()).flatMap { Self.cachedFolder(of: spec, hub: hub, settings: $0) }
      })
  }

  /// The models of a machine that is described.
  init(
    registry: Registry, hubs: Result<HubSettings, HubError>,
    freeMemory: @escaping @Sendable () -> Int?,
    localFolder: @escaping @Sendable (ModelSpec, HubSelection) -> URL?
  ) {
    self.registry = registry
    self.hubs = hubs
    self.freeMemory = freeMemory
    self.localFolder = localFolder
  }

  /// Whether the user wants to see how far downloads are.
  package var showsProgress: Bool { (try? hubs.get())?.showsProgress ?? true }

  /// Memory that a model could take now, in bytes; nil when the system does not tell.
  package var freeBytes: Int? { freeMemory() }

  /// The folder of a spec's checkpoint; nil when it is not on this machine.
  package func folder(of spec: ModelSpec, hub: HubSelection = HubSelection()) -> URL? {
    localFolder(spec, hub)
  }

  /// Whether a spec fits into `freeBytes`; nil when its needs or the memory are not known.
  package func fits(_ spec: ModelSpec, contextLength: Int, freeBytes: Int?) -> Bool? {
    guard let freeBytes, let need = spec.memory(contextLength: contextLength) else { return nil }
    return need.totalBytes <= freeBytes
  }

  /// The spec that a request means, at a context length or at each family's own.
  package func resolve(
    _ request: SpecRequest, hub: HubSelection = HubSelection(), contextLength: Int? = nil
  ) throws(RegistryError) -> Resolution {
    let free = freeBytes
    return try registry.resolve(request) { spec in
      let length = contextLength ?? registry.contextLength(of: spec)
      return SpecStanding(
        isHere: folder(of: spec, hub: hub) != nil,
        fits: fits(spec, contextLength: length, freeBytes: free) ?? true)
    }
  }

  /// The first of the places where a checkpoint's folder is.
  private static func folder(_ path: String, in bases: [URL]) -> URL? {
    let folders =
      path.hasPrefix("/") ? [URL(filePath: path)] : bases.map { $0.appending(path: path) }
    return folders.map(\.standardizedFileURL)
      .first { FileManager.default.fileExists(atPath: $0.appending(path: "config.json").path) }
  }

  /// A complete copy in a hub's cache, of whichever hub.
  private static func cachedFolder(
    of spec: ModelSpec, hub: HubSelection, settings: HubSettings
  ) -> URL? {
    let local = LocalModels(settings: settings)
    for model in (try? hub.models(of: spec, preferred: settings.preferredHub)) ?? [] {
      if case .complete(let cached) = local.state(of: model) { return URL(filePath: cached.folder) }
    }
    return nil
  }
}

extension Registry {
  /// The context length that a spec's family is offered with.
  package func contextLength(of spec: ModelSpec) -> Int {
    families.first { $0.name == spec.family }?.contextLength ?? 8192
  }
}
