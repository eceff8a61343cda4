import ArgumentParser
import Files
import Foundation
import InternVL
import Models
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
      "Adds the models of a registry file of your own. Repeatable.", valueName: "file"),
    completion: .file())
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
    help: ArgumentHelp("The model's family or full name. (default: InternVL3)", valueName: "name"),
    completion: .modelNames)
  var name: String?

  @Option(
    name: [.customShort("s"), .customLong("size-in-billions")],
    help: ArgumentHelp("Its size in billions of parameters.", valueName: "size"),
    completion: .modelSizes)
  var size: ModelSize?

  @Option(
    name: [.customShort("f"), .customLong("model-format")],
    help: ArgumentHelp("Its weights' format.", valueName: "format"))
  var format: ModelFormat?

  @Option(
    name: [.customShort("q"), .customLong("quantization")],
    help: ArgumentHelp("Its quantization: none or Int4.", valueName: "name"),
    completion: .list(["none", "Int4"]))
  var quantization: String?

  /// Joins the options and a name that stands as an argument.
  func request(argument: String?, in registry: Registry) throws -> SpecRequest {
    let options = SpecRequest(size: size, format: format, quantization: quantization)
    var request = options
    for name in [name, argument].compactMap(\.self) {
      guard let joined = request.joined(with: try Self.request(named: name, in: registry)) else {
        throw RegistryError.disagreement(
          name, specs: registry.families.flatMap(\.specs).map(\.line))
      }
      request = joined
    }
    return request
  }

  /// Reads a model's name; a path in its place points to the option that takes it.
  private static func request(named name: String, in registry: Registry) throws -> SpecRequest {
    do {
      return try registry.request(named: name)
    } catch {
      guard case .unknownName = error, let kind = FileSystem.kind(of: name) else { throw error }
      throw WordError.pathAsModel(name, isFolder: kind == .folder)
    }
  }
}

extension ModelCatalog {
  /// The folder of a model that somebody named, or the folder that they named.
  ///
  /// - Throws: `RegistryError`, and `WordError.notHere` for a model that is to be downloaded first.
  func folder(named name: String) throws -> String {
    guard FileSystem.kind(of: name) == nil, let request = try? registry.request(named: name) else {
      return name
    }
    let spec = try resolve(request).spec
    guard let folder = folder(of: spec) else { throw WordError.notHere(model: spec.name) }
    return folder.path
  }
}

/// Which model, or a checkpoint folder in its place.
struct CheckpointChoice: ParsableArguments {
  @OptionGroup var model: ModelChoice

  @Option(
    help: ArgumentHelp("A folder with a checkpoint, instead of one by name.", valueName: "folder"),
    completion: .directory)
  var modelPath: String?

  @Option(
    help: ArgumentHelp(
      "A folder with a LoRA adapter for the model.", valueName: "folder"), completion: .directory)
  var adapter: String?

  @OptionGroup var registry: RegistryOptions
  @OptionGroup var hub: HubOptions

  /// What prepares the model, and says on standard error what it does.
  func preparation(
    argument: String?, runtime: RuntimeChoice, maxTiles: Int?, batch: BatchRequest? = nil,
    download: DownloadChoice
  ) throws -> ModelPreparation {
    let registry = try registry.load()
    return ModelPreparation(
      reporting: try request(
        argument: argument, in: registry, runtime: runtime, maxTiles: maxTiles, batch: batch),
      catalog: ModelCatalog(registry), mayDownload: download.allows)
  }

  /// What is to be loaded, and how.
  func request(
    argument: String?, in registry: Registry, runtime: RuntimeChoice, maxTiles: Int?,
    batch: BatchRequest?
  ) throws -> ModelRequest {
    var options = runtime.options
    options.adapter = adapter.map { URL(filePath: $0) }
    return ModelRequest(
      spec: try model.request(argument: argument, in: registry), folder: modelPath,
      hub: hub.selection, options: options, maxTiles: maxTiles, batch: batch,
      isForced: runtime.force)
  }
}
