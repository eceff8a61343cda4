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
    help: ArgumentHelp(
      """
      Runs vLLM on these machines together, which ssh reaches; the first one answers, and --n-gpu is of \
      each.
      """, valueName: "head,worker,..."))
  var nodes: EngineNodes?

  @Option(
    help: ArgumentHelp(
      "Runs vLLM on the Ray cluster at this address, such as head:6379.", valueName: "address"))
  var rayAddress: String?

  @Option(
    name: .customLong("engine-option"),
    help: ArgumentHelp(
      "Gives the engine an option of its own, such as port=8001; KEY alone is a flag. Repeatable.",
      valueName: "key=value"))
  var options: [EngineOption] = []

  @Option(
    name: [.customShort("e"), .customLong("endpoint")],
    help: ArgumentHelp(
      """
      Asks a server that already runs, such as http://127.0.0.1:8000/v1. A key is taken from \
      INTERNVL_API_KEY. Repeatable where there are many questions.
      """, valueName: "url"))
  var endpoints: [String] = []

  /// Whether another program answers.
  var isOther: Bool { other != nil }

  /// Who answers in this program's place; nil where it does itself.
  var other: String? { engine.engine?.name ?? (endpoints.isEmpty ? nil : "a server") }

  /// The number of likely tokens to draw from where none is given; 0 leaves it to the server, which may
  /// not know the field.
  var usualTopK: Int {
    let isTold = engine.engine.map { !$0.unknownSettings.contains(.topK) } ?? endpoints.isEmpty
    return isTold ? 50 : 0
  }

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
    if nodes != nil, rayAddress != nil {
      throw ValidationError("use only one of --nodes and --ray-address.")
    }
    guard engine.engine == nil else {
      if !endpoints.isEmpty {
        throw ValidationError("use only one of --model-engine and --endpoint.")
      }
      return
    }
    for (option, isGiven) in [
      ("--tensor-parallel-size", tensorParallelSize != nil),
      ("--pipeline-parallel-size", pipelineParallelSize != nil),
      ("--gpu-memory-utilization", gpuMemoryUtilization != nil),
      ("--engine-option", !options.isEmpty), ("--nodes", nodes != nil),
      ("--ray-address", rayAddress != nil),
    ] where isGiven {
      throw ValidationError("\(option) needs a --model-engine other than native.")
    }
  }

  /// Refuses options that only the native engine has.
  func refuse(native options: [String]) throws(ValidationError) {
    guard let other, let option = options.first else { return }
    throw ValidationError("\(option) is for the native engine, not for \(other).")
  }

  /// Refuses options that only the native engine has, and those that stand for what an engine cannot be
  /// told.
  func refuse(
    native: [String], generation: GenerationChoice, shape: ShapeChoice
  ) throws(ValidationError) {
    try refuse(native: native)
    guard let engine = engine.engine else { return }
    var unknown = generation.options(unknownTo: engine)
    if shape.isGiven, engine.unknownSettings.contains(.shape) { unknown.append("--schema") }
    if let option = unknown.first {
      throw ValidationError("\(engine.name) does not know \(option).")
    }
  }

  /// What an engine is told; asks the GPU and the engine where that decides anything.
  func launch(
    of engine: any Engine, serving model: EngineModel, contextLength: Int, port: Int? = nil,
    pictures: Int = 0
  ) -> EngineLaunch {
    var launch = EngineLaunch(model: model)
    launch.port = port
    launch.pictures = max(launch.pictures, pictures)
    launch.contextLength = contextLength
    launch.gpus = GPUShare(
      count: gpus.count, tensor: tensorParallelSize, pipeline: pipelineParallelSize)
    launch.memoryUtilization = gpuMemoryUtilization
    launch.options = options
    if let rayAddress { launch.place = .ray(.at(rayAddress)) }
    if model.isAWQ {
      let finder = Environment.engines
      launch.machine = EngineMachine(
        computeCapability: finder.computeCapability(), version: finder.tell(engine)?.version)
    }
    return launch
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
