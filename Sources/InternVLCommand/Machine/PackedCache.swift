import Foundation

/// Where packed weights are kept between launches.
enum PackedCache {
  /// `$XDG_CACHE_HOME/internvl/packed`, else `~/.cache/internvl/packed`.
  static func folder(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> URL {
    let root =
      environment["XDG_CACHE_HOME"].flatMap { $0.isEmpty ? nil : URL(filePath: $0) }
      ?? FileManager.default.homeDirectoryForCurrentUser.appending(path: ".cache")
    return root.appending(path: "internvl/packed")
  }
}
