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
  static var packedWeights: URL { cache("packed") }

  /// Where it is noted which text files were written, beside the packed weights.
  static var writtenSidecars: URL { cache("sidecars") }

  private static func cache(_ name: String) -> URL {
    let root =
      ProcessInfo.processInfo.environment["XDG_CACHE_HOME"]
      .flatMap { $0.isEmpty ? nil : URL(filePath: $0) }
      ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache")
    return root.appending(path: "internvl/\(name)")
  }
}

extension ModelCatalog {
  /// The models of this machine.
  init(_ registry: Registry) {
    self.init(registry: registry, hubs: Environment.hubs, data: .current)
  }
}
