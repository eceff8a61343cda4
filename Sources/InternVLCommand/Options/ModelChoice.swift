import ArgumentParser
import Foundation
import Registry

extension ModelSize: ExpressibleByArgument {
  /// Reads "8", "8B" or "0.5".
  public init?(argument: String) { self.init(argument) }
}

extension ModelFormat: ExpressibleByArgument {
  /// Reads "awq" in any case.
  public init?(argument: String) { self.init(rawValue: argument.lowercased()) }
}

/// The registry and what the user adds to it.
struct RegistryOptions: ParsableArguments {
  @Option(
    name: .customLong("registry"),
    help: ArgumentHelp(
      "Adds the models of a registry file of your own. Repeatable.", valueName: "file"))
  var files: [String] = []

  func load() throws(RegistryError) -> Registry {
    var registry = try Registry.builtIn()
    for file in files { try registry.add(contentsOf: URL(filePath: file)) }
    return registry
  }
}

/// Which model, in xinference's words.
struct ModelChoice: ParsableArguments {
  @Option(
    name: [.customShort("n"), .customLong("model-name")],
    help: ArgumentHelp("The model's family or full name. (default: InternVL3)", valueName: "name"))
  var name: String?

  @Option(
    name: [.customShort("s"), .customLong("size-in-billions")],
    help: ArgumentHelp("Its size in billions of parameters.", valueName: "size"))
  var size: ModelSize?

  @Option(
    name: [.customShort("f"), .customLong("model-format")],
    help: ArgumentHelp("Its weights' format.", valueName: "format"))
  var format: ModelFormat?

  @Option(
    name: [.customShort("q"), .customLong("quantization")],
    help: ArgumentHelp("Its quantization: none or Int4.", valueName: "name"))
  var quantization: String?

  /// Joins the options and a name that stands as an argument.
  func request(argument: String?, in registry: Registry) throws -> SpecRequest {
    let options = SpecRequest(size: size, format: format, quantization: quantization)
    var request = options
    for name in [name, argument].compactMap(\.self) {
      guard let joined = request.joined(with: try registry.request(named: name)) else {
        throw RegistryError.contradiction(
          "'\(name)' and the other options name different models",
          specs: registry.families.flatMap(\.specs).map(\.line))
      }
      request = joined
    }
    return request
  }
}

/// Which model, or a checkpoint folder in its place.
struct CheckpointChoice: ParsableArguments {
  @OptionGroup var model: ModelChoice

  @Option(
    help: ArgumentHelp("A folder with a checkpoint, instead of one by name.", valueName: "folder"))
  var modelPath: String?

  @OptionGroup var registry: RegistryOptions
  @OptionGroup var hub: HubOptions

  /// Finds the checkpoint, and says on standard error what was chosen; downloads what is missing,
  /// unless it could not run here.
  func select(
    argument: String?, runtime: RuntimeChoice, maxTiles: Int?
  ) throws -> SelectedModel {
    let registry = try registry.load()
    do {
      return try SelectedModel.find(
        request: model.request(argument: argument, in: registry), path: modelPath,
        registry: registry, machine: .current(hub.selection),
        contextLength: runtime.contextLength, say: { StandardError.say("internvl: \($0)") })
    } catch CommandError.notHere(let spec) where spec.isOnHubs {
      if !runtime.force, let check = MemoryCheck(spec, runtime: runtime, maxTiles: maxTiles) {
        try check.require(.current, name: spec.name, registry: registry)
      }
      let download = try ModelDownload(spec, from: hub.selection)
      return SelectedModel(name: spec.name, folder: try download.folder(download.choose()))
    }
  }

  /// Loads the checkpoint, if it fits into memory or the user insists.
  func load(
    _ selected: SelectedModel, runtime: RuntimeChoice, maxTiles: Int?
  ) throws -> LoadedModel {
    if !runtime.force {
      let check = try MemoryCheck(
        folder: selected.folder, options: runtime.options, maxTiles: maxTiles)
      try check.require(.current, name: selected.name, registry: registry.load())
    }
    return try selected.load(runtime.options)
  }
}
