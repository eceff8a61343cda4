import Registry

/// vLLM: all of the models, in both layouts, on GPUs that share matrices and layers.
package struct VLLM: Engine {
  package let name = "vLLM"
  package let executable = "vllm"
  package let versionArguments = ["--version"]
  package let packages = "vllm"

  package init() {}

  package func command(for launch: EngineLaunch) throws(EngineError) -> EngineCommand {
    let model = launch.model
    let (tensor, pipeline) = try launch.gpus.resolved(
      nodes: launch.place.nodeCount, engine: self, model: model, hasPipeline: true,
      // It pads the vision tower's heads, so that those of the language model decide.
      splits: { $0.splitsHeads(into: $1) && (!model.isAWQ || $0.splitsGroups(into: $1)) })
    var options: [EngineOption] = []
    if model.layout == .openGVLab { options.append(EngineOption("trust-remote-code")) }
    if model.isAWQ {
      options += [
        EngineOption("quantization", try kernel(for: model, on: launch.machine)),
        EngineOption("dtype", "half"),
      ]
    }
    options += [
      EngineOption("max-model-len", "\(launch.contextLength)"),
      EngineOption("limit-mm-per-prompt", #"{"image":\#(launch.pictures),"video":1}"#),
      EngineOption("tensor-parallel-size", "\(tensor)"),
    ]
    if pipeline > 1 { options.append(EngineOption("pipeline-parallel-size", "\(pipeline)")) }
    options += self.options(at: launch.place)
    options += [
      EngineOption("gpu-memory-utilization", Self.share(launch.memoryUtilization ?? 0.9)),
      EngineOption("served-model-name", model.name),
      EngineOption("host", "127.0.0.1"),  // its own default is every interface
      EngineOption("port", "\(launch.port ?? 8000)"),
    ]
    var command = EngineCommand(
      executable, ["serve", model.path], options: options, besides: launch.options)
    command.environment = environment(at: launch.place)
    if model.hub == .modelscope { command.environment["VLLM_USE_MODELSCOPE"] = "True" }
    if pipeline > 1 { command.notes.append(.shares(tensor: tensor, pipeline: pipeline)) }
    return command
  }

  /// The kernel for AWQ: Marlin's is the faster one, where version and GPU have it.
  ///
  /// vLLM up to 0.9 does not find AWQ in OpenGVLab's config.json by itself, and is told the plain one.
  private func kernel(
    for model: EngineModel, on machine: EngineMachine
  ) throws(EngineError) -> String {
    if let capability = machine.computeCapability, capability < 7.5 {
      throw .oldGPU(model: model.name, capability: capability, needed: 7.5)
    }
    let isOld = machine.version.map { $0 < EngineVersion(0, 10) } ?? false
    let hasMarlin = machine.computeCapability.map { $0 >= 8 } ?? false
    return hasMarlin && !isOld ? "awq_marlin" : "awq"
  }

  /// "0.90", as its own documents write it.
  private static func share(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
  }
}
