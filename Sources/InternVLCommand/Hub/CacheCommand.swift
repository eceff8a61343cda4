import ArgumentParser
import Foundation
import Hub
import Registry

/// `internvl cache`: what the hubs' caches hold.
struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "Shows, checks and clears the models that were downloaded.",
    discussion: "The caches are those of huggingface_hub and modelscope, and are shared with them.",
    subcommands: [
      CacheListCommand.self, CacheVerifyCommand.self, CacheRepairCommand.self,
      CacheRemoveCommand.self, CachePathCommand.self,
    ])
}

/// Which of the cached repositories are meant.
struct CachedChoice: ParsableArguments {
  @Argument(help: "A repository, such as OpenGVLab/InternVL3-8B-AWQ. Repeatable.")
  var repositories: [String] = []

  @Option(help: ArgumentHelp("Only this hub's cache.", valueName: "hub"))
  var hub = HubSelection.Source.auto

  /// Whether a hub's cache is meant.
  func includes(_ name: HubName) -> Bool { hub == .auto || hub.rawValue == name.rawValue }

  /// The named repositories, or all of them; a name that is not there is an error.
  func find(in inventory: CacheInventory) throws -> [CacheInventory.Repository] {
    let all = inventory.repositories().filter { includes($0.hub) }
    guard !repositories.isEmpty else { return all }
    return try repositories.flatMap { name in
      let matches = all.filter { $0.id.description.lowercased() == name.lowercased() }
      guard !matches.isEmpty else {
        throw CommandError.failed("'\(name)' is not in the caches; see 'internvl cache list'")
      }
      return matches
    }
  }
}

extension CacheInventory {
  /// The caches that the environment names.
  static func current() throws -> CacheInventory {
    CacheInventory(settings: try HubSelection().settings())
  }
}

/// `internvl cache list`.
struct CacheListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "Lists the downloaded models and their sizes.")

  @OptionGroup var choice: CachedChoice
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let found = try choice.find(in: .current())
    try StandardOutput.write(json ? JSONText.line(found.map(CacheRow.init)) : table(of: found))
  }

  private func table(of repositories: [CacheInventory.Repository]) -> String {
    var table = Table([
      ("MODEL", .left), ("HUB", .left), ("REVISION", .left), ("SIZE", .right),
      ("UNFINISHED", .right),
    ])
    for repository in repositories {
      let revisions = repository.revisions.map { revision in
        revision.names.isEmpty
          ? String(revision.commit.prefix(8)) : revision.names.joined(separator: ",")
      }
      table.append([
        repository.id.description, repository.hub.rawValue,
        revisions.isEmpty ? "-" : revisions.joined(separator: " "),
        "\(ByteCount(repository.sizeBytes))",
        repository.partialBytes == 0 ? "-" : "\(ByteCount(repository.partialBytes))",
      ])
    }
    let total = repositories.reduce(Int64(0)) { $0 + $1.sizeBytes }
    return table.text + "\n\(Units.count(repositories.count, "model")), \(ByteCount(total))\n"
  }
}

/// A repository in the JSON of `cache list`.
struct CacheRow: Encodable {
  struct Revision: Encodable {
    let commit: String
    let names: [String]
    let folder: String
    let files: Int
    let bytes: Int64
  }
  let repository: String
  let hub: String
  let folder: String
  let bytes: Int64
  let unfinishedBytes: Int64
  let revisions: [Revision]

  enum CodingKeys: String, CodingKey {
    case repository, hub, folder, bytes, revisions
    case unfinishedBytes = "unfinished_bytes"
  }

  init(_ found: CacheInventory.Repository) {
    (repository, hub, folder) = (found.id.description, found.hub.rawValue, found.folder)
    (bytes, unfinishedBytes) = (found.sizeBytes, found.partialBytes)
    revisions = found.revisions.map {
      Revision(
        commit: $0.commit, names: $0.names, folder: $0.folder, files: $0.files,
        bytes: $0.sizeBytes)
    }
  }
}

/// `internvl cache path`.
struct CachePathCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Prints where the caches are, or where a model is.")

  @OptionGroup var choice: CachedChoice
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let settings = try HubSelection().settings()
    let paths =
      choice.repositories.isEmpty
      ? HubName.allCases.filter(choice.includes).map { settings.site($0).cacheRoot }
      : try choice.find(in: CacheInventory(settings: settings)).map(\.folder)
    try StandardOutput.write(
      json ? JSONText.line(paths) : paths.map { $0 + "\n" }.joined())
  }
}
