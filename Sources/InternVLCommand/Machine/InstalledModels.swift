import Foundation
import Hub
import Registry

/// The checkpoints that are on this machine.
enum InstalledModels {
  /// The folder of a spec's checkpoint; nil when it is not here.
  static func folder(of spec: ModelSpec, hub: HubSelection) -> URL? {
    guard case .folder(let path, let base) = spec.source else {
      return cachedFolder(of: spec, hub: hub)
    }
    let bases = base.map { [$0] } ?? dataFolders
    let folders =
      path.hasPrefix("/") ? [URL(filePath: path)] : bases.map { $0.appending(path: path) }
    return folders.map(\.standardizedFileURL)
      .first { FileManager.default.fileExists(atPath: $0.appending(path: "config.json").path) }
  }

  /// A complete copy in a hub's cache, of whichever hub.
  private static func cachedFolder(of spec: ModelSpec, hub: HubSelection) -> URL? {
    guard let settings = try? hub.settings(),
      let models = try? hub.models(of: spec, settings: settings)
    else { return nil }
    let local = LocalModels(settings: settings)
    for model in models {
      if case .complete(let cached) = local.state(of: model) { return URL(filePath: cached.folder) }
    }
    return nil
  }

  /// A file that comes with the program, such as a demo picture.
  static func bundledFile(_ path: String) -> URL? {
    dataFolders.map { $0.appending(path: path) }
      .first { FileManager.default.fileExists(atPath: $0.path) }
  }

  /// Where the program's own data may lie: `share/internvl` beside the `bin` that the program is
  /// installed in, or the project that it was built in.
  private static var dataFolders: [URL] {
    guard
      let executable = try? FileManager.default.destinationOfSymbolicLink(
        atPath: "/proc/self/exe")
    else { return [] }
    return dataFolders(executable: executable)
  }

  /// The same, for the path of an executable.
  static func dataFolders(executable: String) -> [URL] {
    let program = URL(filePath: executable)
    var folders = [
      program.deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "share/internvl")
    ]
    let parts = program.pathComponents
    if let build = parts.lastIndex(of: ".build") {
      folders.append(URL(filePath: parts[1..<build].reduce("") { "\($0)/\($1)" }))
    }
    return folders
  }
}
