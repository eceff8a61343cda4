package import Foundation
package import Hub
import InternVL
package import Registry

/// Brings one model's files to this machine.
package struct ModelDownload {
  private let settings: HubSettings
  private let models: [RemoteModel]
  private let name: String
  private let selection: FileSelection
  /// Whether the hub is asked even if all files seem to be here.
  private let asksHub: Bool
  private let isCancelled: @Sendable () -> Bool
  private let onEvent: (ModelEvent) -> Void

  /// Prepares to download a spec.
  ///
  /// - Parameters:
  ///   - spec: what to download.
  ///   - hub: from where.
  ///   - catalog: knows how the hubs are set up.
  ///   - selection: which of the repository's files.
  ///   - isCancelled: asked many times a second, on any thread.
  ///   - onEvent: told what happens, on the calling thread.
  /// - Throws: `HubError` for settings that make no sense, `ModelsError.nothingToDownload` and
  ///   `.notAtHub`.
  package init(
    _ spec: ModelSpec, from hub: HubSelection, catalog: ModelCatalog,
    selection: FileSelection = .runtime, isCancelled: @escaping @Sendable () -> Bool,
    onEvent: @escaping (ModelEvent) -> Void
  ) throws {
    guard spec.isOnHubs else { throw ModelsError.nothingToDownload(model: spec.name) }
    var settings = try catalog.hubs.get()
    if hub.isOffline { settings.isOffline = true }
    self.settings = settings
    name = spec.name
    models = try hub.models(of: spec, preferred: settings.preferredHub)
    self.selection = selection
    asksHub = hub.namesHub && !settings.isOffline
    self.isCancelled = isCancelled
    self.onEvent = onEvent
  }

  /// What there is to do: nothing, or a plan.
  package func choose() throws -> HubChoice {
    if !settings.isOffline, asksHub || !isHere {
      onEvent(.asking(asksHub ? [models[0].hub] : models.map(\.hub), model: name))
    }
    return try cancellable { downloader throws(HubError) in
      asksHub
        ? .download(try downloader.plan(models[0], selection: selection))
        : try downloader.choose(among: models, selection: selection)
    }
  }

  /// Whether all files seem to be on this machine.
  private var isHere: Bool {
    let local = LocalModels(settings: settings)
    return models.contains {
      if case .complete = local.state(of: $0, selection: selection) { true } else { false }
    }
  }

  /// Carries out a choice; returns the folder to load the model from.
  @discardableResult
  package func carryOut(_ choice: HubChoice) throws -> URL {
    switch choice {
    case .cached(let cached):
      onEvent(.cached(cached))
      return URL(filePath: cached.folder)
    case .download(let plan):
      onEvent(.downloading(plan))
      let start = ContinuousClock.now
      let cached = try cancellable { downloader throws(HubError) in
        try downloader.download(plan)
      }
      onEvent(.downloaded(cached, neededBytes: plan.neededBytes, seconds: start.elapsed))
      return URL(filePath: cached.folder)
    }
  }

  /// Runs a downloader; everything that arrived before it was cancelled is kept.
  private func cancellable<Result>(
    _ work: (Downloader) throws(HubError) -> Result
  ) throws -> Result {
    let downloader = Downloader(
      settings: settings, cancellation: Cancellation(asking: isCancelled),
      listener: { onEvent(.transfer($0)) })
    do {
      return try work(downloader)
    } catch {
      onEvent(.downloadStopped(error))
      throw error == .cancelled ? ModelsError.cancelled : error
    }
  }
}
