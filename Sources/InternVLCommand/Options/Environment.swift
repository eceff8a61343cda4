import Engines
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

  /// Folders in which programs are looked for.
  static var searchPath: String { value("PATH") ?? "" }

  /// Looks for engines and GPUs.
  static var engines: EngineFinder { EngineFinder(searchPath: searchPath) }

  /// The file for what an engine writes; the folder above it is made.
  static func engineLog(_ name: String) throws -> URL {
    let folder = state.appending(path: "engines")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder.appending(path: "\(name)-\(ProcessInfo.processInfo.processIdentifier).log")
  }

  /// A server at an address; its key, if it wants one, is in `INTERNVL_API_KEY`.
  static func endpoint(_ address: String) throws -> Endpoint {
    try Endpoint(
      address, key: value("INTERNVL_API_KEY"), settings: hubs.get().transport)
  }

  /// Where packed weights are kept: `$XDG_CACHE_HOME/internvl/packed`, else
  /// `~/.cache/internvl/packed`.
  static var packedWeights: URL { cache("packed") }

  /// Where it is noted which text files were written, beside the packed weights.
  static var writtenSidecars: URL { cache("sidecars") }

  private static func cache(_ name: String) -> URL {
    folder("XDG_CACHE_HOME", inHome: ".cache").appending(path: "internvl/\(name)")
  }

  /// Where chats are kept: `$XDG_STATE_HOME/internvl`, else `~/.local/state/internvl`.
  static var state: URL {
    folder("XDG_STATE_HOME", inHome: ".local/state").appending(path: "internvl")
  }

  /// The command that opens addresses: `$BROWSER`, else the desktop's own.
  static var browser: String { value("BROWSER") ?? "xdg-open" }

  /// Where the user's own defaults are: `$XDG_CONFIG_HOME/internvl/config.json`, else
  /// `~/.config/internvl/config.json`.
  static var configuration: URL {
    folder("XDG_CONFIG_HOME", inHome: ".config").appending(path: "internvl/config.json")
  }

  /// The user's own defaults.
  static func defaults() throws(WordError) -> Defaults {
    try Defaults(
      file: configuration.path, environment: ProcessInfo.processInfo.environment)
  }

  /// The user's home: `$HOME`, where it is set, whatever the system's table of users says.
  static var home: URL {
    value("HOME").map { URL(filePath: $0) } ?? FileManager.default.homeDirectoryForCurrentUser
  }

  /// The folder that a variable names, else one in the home folder.
  private static func folder(_ variable: String, inHome path: String) -> URL {
    value(variable).map { URL(filePath: $0) } ?? home.appending(path: path)
  }

  /// A variable's value; nil where it is empty.
  private static func value(_ variable: String) -> String? {
    ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension ModelCatalog {
  /// The models of this machine.
  init(_ registry: Registry) {
    self.init(registry: registry, hubs: Environment.hubs, data: .current)
  }
}
