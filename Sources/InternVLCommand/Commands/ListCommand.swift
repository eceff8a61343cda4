import ArgumentParser
import Files
import Foundation
import InternVL
import Models
import Registry

/// `internvl list`: all models, and what this machine says about them.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the models, their sizes and whether they fit here.")

  @Argument(
    help: "Lists these models only: a family, or parts of a name such as 8b or awq.",
    completion: .modelNames)
  var model: String?

  @OptionGroup var choice: ModelChoice
  @OptionGroup var registry: RegistryOptions

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    let registry = try registry.load()
    let request = try choice.request(argument: model, in: registry)
    let list = ModelList(ModelCatalog(registry), matching: request)
    try StandardOutput.write(json ? JSONText.line(list) : list.table)
  }
}

/// The rows of `list`, as JSON.
struct ModelList: Encodable {
  let models: [ModelRow]
  let freeMemoryBytes: Int?

  enum CodingKeys: String, CodingKey {
    case models
    case freeMemoryBytes = "free_memory_bytes"
  }

  init(_ catalog: ModelCatalog, matching request: SpecRequest = SpecRequest()) {
    let free = catalog.freeBytes
    models = catalog.registry.families.flatMap { family in
      family.specs.filter(request.allows).map {
        ModelRow($0, contextLength: family.contextLength, catalog: catalog, freeBytes: free)
      }
    }
    freeMemoryBytes = free
  }

  /// The rows for people.
  var table: String {
    var table = Table([
      ("MODEL", .left), ("SIZE", .right), ("FORMAT", .left), ("QUANTIZATION", .left),
      ("DOWNLOAD", .right), ("MEMORY", .right), ("HERE", .left), ("FITS", .left),
    ])
    for (index, row) in models.enumerated() {
      if index > 0, row.spec.family != models[index - 1].spec.family { table.appendBlank() }
      table.append([
        row.name, "\(row.spec.size)", row.spec.format.rawValue, row.spec.quantization,
        row.downloadBytes.map { "\(ByteCount($0))" } ?? "-",
        row.memoryBytes.map { "\(ByteCount($0))" } ?? "-",
        row.isHere ? "yes" : "no", row.fits.map { $0 ? "yes" : "no" } ?? "-",
      ])
    }
    return table.text + "\nMEMORY is what a conversation of full length takes; "
      + (freeMemoryBytes.map { "\(ByteCount($0)) are free now.\n" }
        ?? "how much is free is not known.\n")
  }
}

/// One model in `list` and `show`.
///
/// A value that is not known is null in JSON.
struct ModelRow: Encodable {
  let spec: ModelSpec
  let contextLength: Int
  let downloadBytes: Int?
  let memory: MemoryNeed?
  let isHere: Bool
  let folder: URL?
  let fits: Bool?

  var name: String { spec.name }
  var memoryBytes: Int? { memory?.totalBytes }

  init(_ spec: ModelSpec, contextLength: Int, catalog: ModelCatalog, freeBytes: Int?) {
    self.spec = spec
    self.contextLength = contextLength
    downloadBytes = spec.downloadBytes
    memory = spec.memory(contextLength: contextLength)
    folder = catalog.folder(of: spec)
    isHere = folder != nil
    fits = catalog.fits(spec, contextLength: contextLength, freeBytes: freeBytes)
  }

  enum CodingKeys: String, CodingKey {
    case family, name, format, quantization, fits, huggingface, modelscope, folder
    case size = "size_in_billions"
    case contextLength = "context_length"
    case downloadBytes = "download_bytes"
    case memoryBytes = "memory_bytes"
    case isHere = "on_this_machine"
  }

  private struct HubRow: Encodable {
    let hub: HubModel

    enum CodingKeys: String, CodingKey {
      case id = "model_id"
      case revision
    }

    func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(hub.id, forKey: .id)
      try values.encode(hub.revision, forKey: .revision)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(spec.family, forKey: .family)
    try values.encode(name, forKey: .name)
    try values.encode(spec.size.billions, forKey: .size)
    try values.encode(spec.format.rawValue, forKey: .format)
    try values.encode(spec.quantization, forKey: .quantization)
    try values.encode(contextLength, forKey: .contextLength)
    try values.encode(downloadBytes, forKey: .downloadBytes)
    try values.encode(memoryBytes, forKey: .memoryBytes)
    try values.encode(isHere, forKey: .isHere)
    try values.encode(fits, forKey: .fits)
    try values.encode(folder?.path, forKey: .folder)
    try values.encode(spec.hubModel(.huggingface).map(HubRow.init), forKey: .huggingface)
    try values.encode(spec.hubModel(.modelscope).map(HubRow.init), forKey: .modelscope)
  }
}
