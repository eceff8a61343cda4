import ArgumentParser
import Foundation
import Hub
import Registry

/// Where a model is downloaded from.
struct HubOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      huggingface, modelscope, or auto: a complete copy on this machine, else the hub that \
      answers first. (default: auto, or XINFERENCE_MODEL_SRC)
      """, valueName: "name"))
  var hub: HubSelection.Source?

  @Option(help: "A branch, tag or commit. (default: the registry's)")
  var revision: String?

  @Flag(help: "Sends nothing over the network, as HF_HUB_OFFLINE=1 does.")
  var offline = false

  /// The options as plain values.
  var selection: HubSelection {
    HubSelection(source: hub, revision: revision, isOffline: offline)
  }
}

extension HubSelection.Source: ExpressibleByArgument {}

/// Which hubs may be asked for which revision.
struct HubSelection {
  /// Hubs by name, or whichever answers first.
  enum Source: String, CaseIterable {
    case huggingface, modelscope, auto
  }

  /// nil lets the environment decide.
  var source: Source?
  /// nil takes the registry's.
  var revision: String?
  var isOffline = false

  /// What the environment says about the hubs, and these options.
  func settings() throws(HubError) -> HubSettings {
    var settings = try HubSettings(environment: ProcessInfo.processInfo.environment)
    if isOffline { settings.isOffline = true }
    return settings
  }

  /// The repositories that hold a spec, the preferred hub's alone where there is one.
  func models(of spec: ModelSpec, settings: HubSettings) throws -> [RemoteModel] {
    let preferred: HubName? =
      switch source {
      case .huggingface: .huggingface
      case .modelscope: .modelscope
      case .auto: nil
      case nil: settings.preferredHub
      }
    let hubs = preferred.map { [$0] } ?? HubName.allCases
    let models = try hubs.compactMap { hub in
      try spec.hubModel(hub).map {
        try RemoteModel(hub: hub, id: $0.id, revision: revision ?? $0.revision)
      }
    }
    guard !models.isEmpty else {
      throw CommandError.usage("\(spec.name) is not on \(preferred?.displayName ?? "any hub")")
    }
    return models
  }
}
