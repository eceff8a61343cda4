import Foundation
import Hub
import Models
import Registry

/// What the environment variables say about folders and hubs.
enum Environment {
  /// How the hubs are set up.
  static var hubs: Result<HubSettings, HubError> {
    Result { () throws(HubError) in
      try HubSettings(environment: ProcessInfo.processInfo.environment)
    }
  }

  /// Where packed weights are kept: `$XDG_CACHE_HOME/internvl/packed`, else
  /// `~/.cache/internvl/packed`.
  static var packedWeights: URL {
    let root =
      ProcessInfo.processInfo.environment["XDG_CACHE_HOME"]
      .flatMap { $0.isEmpty ? nil : URL(filePath: $0) }
      ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache")
    return root.appending(path: "internvl/packed")
  }
}

extension ModelCatalog {
  /// The models of this machine.
  init(_ registry: Registry) {
    self.init(registry: registry, hubs: Environment.hubs, data: .current)
  }
}
