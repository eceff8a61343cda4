import ArgumentParser
import Files
import Foundation
import InternVL
import Models
import Registry

/// `internvl show`: one model in detail.
struct ShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows one model: where it comes from and what it needs.",
    discussion: """
      A family's name alone shows the models of the family.

      Example: internvl show 8b-awq
      """)

  @Argument(
    help: "The model: InternVL3-8B-AWQ, OpenGVLab/InternVL3-8B-AWQ or 8b-awq.",
    completion: .modelNames)
  var model: String?

  @OptionGroup var choice: ModelChoice
  @OptionGroup var registry: RegistryOptions

  @Flag(help: "Prints JSON.")
  var json = false

  func run() throws {
    let registry = try registry.load()
    let catalog = ModelCatalog(registry)
    let request = try choice.request(argument: model, in: registry)
    let resolution = try catalog.resolve(request)
    let family = resolution.family
    if request == SpecRequest(family: family.name), family.specs.count > 1 {
      let list = ModelList(catalog, matching: request)
      let heading = "\(family.name): \(family.summary)\n\n"
      return try StandardOutput.write(json ? JSONText.line(list) : heading + list.table)
    }
    let free = catalog.freeBytes
    let row = ModelRow(
      resolution.spec, contextLength: family.contextLength, catalog: catalog, freeBytes: free)
    try StandardOutput.write(
      json ? JSONText.line(row) : ModelDetails(row: row, family: family, freeBytes: free).text)
  }
}

/// What `show` prints for people.
struct ModelDetails {
  let row: ModelRow
  let family: ModelFamily
  let freeBytes: Int?

  var text: String {
    var table = Table([(row.name, .left), ("", .left)])
    let spec = row.spec
    table.append(["description", family.summary])
    table.append(["size", "\(spec.size) billion parameters"])
    table.append(["format", spec.format.rawValue])
    table.append(["quantization", spec.quantization])
    table.append(["languages", family.languages.joined(separator: ", ")])
    table.append(["abilities", family.abilities.joined(separator: ", ")])
    for (hub, title) in [(HubName.huggingface, "Hugging Face"), (.modelscope, "ModelScope")] {
      guard let model = spec.hubModel(hub) else { continue }
      let revision = model.revision.map { " (revision \($0))" } ?? ""
      table.append([title, model.id + revision])
    }
    if let bytes = row.downloadBytes { table.append(["download", "\(ByteCount(bytes))"]) }
    if let memory = row.memory {
      table.append([
        "memory", "\(ByteCount(memory.totalBytes)) at \(row.contextLength) tokens",
      ])
      table.append(["", "weights \(ByteCount(memory.weightBytes))"])
      table.append(["", "key/value cache \(ByteCount(memory.cacheBytes))"])
      table.append(["", "working space \(ByteCount(memory.activationBytes))"])
    }
    table.append(["on this machine", row.folder?.path ?? "no"])
    if let fits = row.fits, let free = freeBytes {
      table.append(["fits here", "\(fits ? "yes" : "no"), \(ByteCount(free)) are free"])
    }
    return table.text
  }
}
