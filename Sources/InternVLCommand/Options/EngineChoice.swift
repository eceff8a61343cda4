import ArgumentParser
import Engines
import Foundation
import InternVL
import Models
import Registry

/// Which program answers, and on what.
struct EngineChoice: ParsableArguments {
  @Option(
    name: [.customLong("model-engine"), .customLong("en", withSingleDash: true)],
    help: ArgumentHelp(
      "native is this program; the others are started and asked.", valueName: "name"))
  var engine = EngineName.native

  @Option(
    name: .customLong("n-gpu"),
    help: ArgumentHelp("GPUs for an engine that is not native.", valueName: "count"))
  var gpus = GPUCount(count: nil)

  @Option(help: ArgumentHelp("GPUs that share each matrix.", valueName: "count"))
  var tensorParallelSize: Int?

  @Option(
    help: ArgumentHelp("Groups of layers, each on GPUs of its own.", valueName: "count"))
  var pipelineParallelSize: Int?

  @Option(
    help: ArgumentHelp(
      "The share of a GPU's memory that the engine takes. (default: 0.9)", valueName: "number"))
  var gpuMemoryUtilization: Double?

  @Option(
    name: .customLong("engine-option"),
    help: ArgumentHelp(
      "Gives the engine an option of its own, such as port=8001; KEY alone is a flag. Repeatable.",
      valueName: "key=value"))
  var options: [EngineOption] = []

  @Option(
    name: [.customShort("e"), .long],
    help: ArgumentHelp(
      """
      Asks a server that already runs, such as http://127.0.0.1:8000/v1. A key is taken from \
      INTERNVL_API_KEY.
      """, valueName: "url"))
  var endpoint: String?

  @Flag(help: "Prints the command that would start the engine, and does nothing else.")
  var dryRun = false

  /// Whether another program answers.
  var isOther: Bool { engine.engine != nil || endpoint != nil }

  func validate() throws {
    for (option, value) in [
      ("--tensor-parallel-size", tensorParallelSize),
      ("--pipeline-parallel-size", pipelineParallelSize), ("--n-gpu", gpus.count),
    ] {
      if let value { try check(option, value, in: 1...1024) }
    }
    if let gpuMemoryUtilization {
      try check("--gpu-memory-utilization", gpuMemoryUtilization, in: 0.01...1)
    }
    guard engine.engine == nil else {
      if endpoint != nil { throw ValidationError("use only one of --model-engine and --endpoint.") }
      return
    }
    for (option, isGiven) in [
      ("--tensor-parallel-size", tensorParallelSize != nil),
      ("--pipeline-parallel-size", pipelineParallelSize != nil),
      ("--gpu-memory-utilization", gpuMemoryUtilization != nil),
      ("--engine-option", !options.isEmpty), ("--dry-run", dryRun),
    ] where isGiven {
      throw ValidationError("\(option) needs a --model-engine other than native.")
    }
  }

  /// The command that serves a model; asks the GPU and the engine where that decides anything.
  func command(
    of engine: any Engine, serving model: EngineModel, contextLength: Int, port: Int? = nil,
    pictures: Int = 4
  ) throws -> EngineCommand {
    var launch = EngineLaunch(model: model)
    launch.port = port
    launch.pictures = pictures
    launch.contextLength = contextLength
    launch.gpus = GPUShare(
      count: gpus.count, tensor: tensorParallelSize, pipeline: pipelineParallelSize)
    launch.memoryUtilization = gpuMemoryUtilization
    launch.options = options
    if model.isAWQ {
      let finder = Environment.engines
      launch.machine = EngineMachine(
        computeCapability: finder.computeCapability(), version: finder.tell(engine)?.version)
    }
    return try engine.command(for: launch)
  }
}

/// An engine's name in any case.
struct EngineName: ExpressibleByArgument {
  static let native = EngineName(name: "native", engine: nil)

  let name: String
  /// Nil for this program.
  let engine: (any Engine)?

  private init(name: String, engine: (any Engine)?) {
    self.name = name
    self.engine = engine
  }

  init?(argument: String) {
    if ["native", "internvl"].contains(argument.lowercased()) {
      self = .native
    } else if let engine = Engines.named(argument) {
      self.init(name: engine.name, engine: engine)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { name }
  static var allValueStrings: [String] { ["native"] + Engines.all.map(\.name) }
}

/// A number of GPUs; "auto", "None" and 0 leave it to the engine.
struct GPUCount: ExpressibleByArgument {
  let count: Int?

  init(count: Int?) { self.count = count }

  init?(argument: String) {
    if ["auto", "none", "0"].contains(argument.lowercased()) {
      self.init(count: nil)
    } else if let count = Int(argument) {
      self.init(count: count)
    } else {
      return nil
    }
  }

  var defaultValueDescription: String { count.map(String.init) ?? "auto" }
}

extension EngineOption: ExpressibleByArgument {}

extension EngineFinder {
  /// The engine's program and its version; says meanwhile that it is asked, since that takes seconds.
  func tell(_ engine: any Engine) -> EngineInstallation? {
    let status = StatusLine()
    status.show("asking \(engine.name) for its version")
    defer { status.clear() }
    return find(engine)
  }
}

extension EngineModel {
  /// The model that a request means, at its place.
  ///
  /// An engine gets a folder where it is complete, with the code that OpenGVLab's layout needs; else the
  /// name of the repository, which it downloads by itself.
  init(_ choice: CheckpointChoice, argument: String?) throws {
    let registry = try choice.registry.load()
    let request = try choice.model.request(argument: argument, in: registry)
    if let path = choice.modelPath {
      self.init(try ModelCheckpoint(path: path))
      return
    }
    let catalog = ModelCatalog(registry)
    let spec = try catalog.resolve(request, hub: choice.hub.selection).spec
    let wanted: HubName? =
      switch choice.hub.hub {
      case .huggingface: .huggingface
      case .modelscope: .modelscope
      case .auto, nil: nil
      }
    if let folder = catalog.folder(of: spec, hub: choice.hub.selection),
      ModelCheckpoint.hasCode(folder) || !spec.isOnHubs
    {
      self.init(spec, at: .folder(folder.path))
    } else if let model = EngineModel(spec, atHub: wanted) {
      self = model
    } else {
      throw ModelsError.notAtHub(wanted, model: spec.name)
    }
  }

  /// A folder that the user named.
  private init(_ checkpoint: ModelCheckpoint) {
    let language = checkpoint.configuration.language
    self.init(
      name: checkpoint.name, place: .folder(checkpoint.folder.path),
      layout: checkpoint.configuration.layout == .transformers ? .transformers : .openGVLab,
      isAWQ: language.quantization?.format == .awq,
      dimensions: Dimensions(
        heads: language.heads, headWidth: language.headWidth, intermediate: language.intermediate,
        layers: language.layers))
  }
}

extension ModelCheckpoint {
  /// Whether a folder has the Python code that engines need for OpenGVLab's layout.
  fileprivate static func hasCode(_ folder: URL) -> Bool {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.contains { $0.hasPrefix("configuration_") && $0.hasSuffix(".py") }
  }
}
