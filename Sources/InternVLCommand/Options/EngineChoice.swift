import ArgumentParser
import Engines

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

extension EngineFinder {
  /// The engine's program and its version; says meanwhile that it is asked, since that takes seconds.
  func tell(_ engine: any Engine) -> EngineInstallation? {
    let status = StatusLine()
    status.show("asking \(engine.name) for its version")
    defer { status.clear() }
    return find(engine)
  }
}
