import ArgumentParser
import Files
import Foundation
import Hub
import Models
import Registry

/// `internvl cache`: what the hubs' caches hold.
struct CacheCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "Shows, checks and clears the models that were downloaded.",
    discussion: """
      The caches are those of huggingface_hub and modelscope, and are shared with them. All but \
      'path' also know the packed weights that the first launch of a model makes.
      """,
    subcommands: [
      CacheListCommand.self, CacheVerifyCommand.self, CacheRepairCommand.self,
      CacheRemoveCommand.self, CachePathCommand.self,
    ])
}

/// Which of the cached repositories are meant.
struct CachedChoice: ParsableArguments {
  @Argument(
    help: """
      A model, such as OpenGVLab/InternVL3-8B-AWQ or 8b-awq; for all but 'path' also a folder whose \
      weights were packed. Repeatable.
      """, completion: .modelNames)
  var models: [String] = []

  @Option(help: ArgumentHelp("Only this hub's cache.", valueName: "hub"))
  var hub = HubSelection.Source.auto

  /// Whether a hub's cache is meant.
  func includes(_ name: HubName) -> Bool { hub == .auto || hub.rawValue == name.rawValue }

  /// The named repositories, or all of them; a name that is not there is an error.
  func find(in inventory: CacheInventory) throws -> [CacheInventory.Repository] {
    try select(try inventory.repositories().filter { includes($0.hub) }) { $0.id.description }
  }

  /// The same, with what was packed from them; folders of the user's own belong to no hub.
  func entries(in inventory: CacheInventory) throws -> [CacheEntry] {
    let all = CacheEntry.all(
      try inventory.repositories(), packed: PackedCache.files(in: Environment.packedWeights))
    return try select(all.filter { $0.repository.map { includes($0.hub) } ?? (hub == .auto) }) {
      $0.name
    }
  }

  private func select<Item>(_ all: [Item], name: (Item) -> String) throws -> [Item] {
    guard !models.isEmpty else { return all }
    let registry = try Registry.builtIn()
    return try models.flatMap { model in
      let names = Self.names(of: model, in: registry)
      let path = URL(filePath: model).absoluteURL.resolvingSymlinksInPath().path
      let matches = all.filter { name($0) == path || names.contains(name($0).lowercased()) }
      guard !matches.isEmpty else {
        throw CommandError.notInCaches(model)
      }
      return matches
    }
  }

  /// What a model may be called in the caches, in lower case: by its own name, and by the
  /// repositories of the registry's only model of that name.
  private static func names(of model: String, in registry: Registry) -> Set<String> {
    var names: Set = [model.lowercased()]
    guard var request = try? registry.request(named: model) else { return names }
    request.family = request.family ?? registry.families.first?.name
    let specs = registry.families.flatMap(\.specs).filter(request.allows)
    if specs.count == 1 {
      names.formUnion(HubName.allCases.compactMap { specs[0].hubModel($0)?.id.lowercased() })
    }
    return names
  }
}

extension CacheInventory {
  /// The caches that the environment names.
  static func current() throws -> CacheInventory {
    CacheInventory(settings: try Environment.hubs.get())
  }
}

/// `internvl cache list`.
struct CacheListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the downloaded models and packed weights, and their sizes.")

  @OptionGroup var choice: CachedChoice
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let found = try choice.entries(in: .current())
    try StandardOutput.write(json ? JSONText.line(found.map(CacheRow.init)) : table(of: found))
  }

  private func table(of entries: [CacheEntry]) -> String {
    var table = Table([
      ("MODEL", .left), ("HUB", .left), ("REVISION", .left), ("SIZE", .right),
      ("PACKED", .right), ("UNFINISHED", .right),
    ])
    for entry in entries {
      let revisions = (entry.repository?.revisions ?? []).map { revision in
        revision.names.isEmpty
          ? String(revision.commit.prefix(8)) : revision.names.joined(separator: ",")
      }
      table.append(
        [
          entry.name, entry.repository?.hub.rawValue ?? "-",
          revisions.isEmpty ? "-" : revisions.joined(separator: " "),
        ]
          + [entry.downloadedBytes, entry.packedBytes, entry.unfinishedBytes].map {
            $0 == 0 ? "-" : "\(ByteCount($0))"
          })
    }
    return table.text + "\n\(Units.count(entries.count, "model")), \(entries.size)\n"
  }
}

extension [CacheEntry] {
  /// What they take on the disk.
  var size: ByteCount { ByteCount(reduce(0) { $0 + $1.downloadedBytes + $1.packedBytes }) }
}

/// A model in the JSON of `cache list`; one of the user's own folders has neither repository nor hub.
struct CacheRow: Encodable {
  struct Revision: Encodable {
    let commit: String
    let names: [String]
    let folder: String
    let files: Int
    let bytes: Int64
  }
  let repository: String?
  let hub: String?
  let folder: String
  let bytes: Int64
  let packedBytes: Int64
  let unfinishedBytes: Int64
  let revisions: [Revision]

  enum CodingKeys: String, CodingKey {
    case repository, hub, folder, bytes, revisions
    case packedBytes = "packed_bytes"
    case unfinishedBytes = "unfinished_bytes"
  }

  init(_ entry: CacheEntry) {
    repository = entry.repository?.id.description
    hub = entry.repository?.hub.rawValue
    (folder, bytes) = (entry.folder, entry.downloadedBytes)
    (packedBytes, unfinishedBytes) = (entry.packedBytes, entry.unfinishedBytes)
    revisions = (entry.repository?.revisions ?? []).map {
      Revision(
        commit: $0.commit, names: $0.names, folder: $0.folder, files: $0.files,
        bytes: $0.sizeBytes)
    }
  }
}

/// `internvl cache path`.
struct CachePathCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path",
    abstract: "Prints where the caches are, or the folders of a model's revisions.")

  @OptionGroup var choice: CachedChoice
  @Flag(help: "Prints JSON.") var json = false

  func run() throws {
    let settings = try Environment.hubs.get()
    let paths =
      choice.models.isEmpty
      ? HubName.allCases.filter(choice.includes).map { settings.site($0).cacheRoot }
      : try choice.find(in: CacheInventory(settings: settings)).flatMap(\.revisions).map(\.folder)
    try StandardOutput.write(
      json ? JSONText.line(paths) : paths.map { $0 + "\n" }.joined())
  }
}
