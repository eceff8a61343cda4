import Registry

/// LMDeploy: OpenGVLab's layout, on GPUs that share matrices.
package struct LMDeploy: Engine {
  package let name = "LMDeploy"
  package let executable = "lmdeploy"
  package let versionArguments = ["--version"]
  package let packages = "lmdeploy timm"

  /// The width of a head that TurboMind, the faster of its two back ends, is made for.
  private static let headWidth = 128

  package init() {}

  package func command(for launch: EngineLaunch) throws(EngineError) -> EngineCommand {
    let model = launch.model
    guard launch.place == .here else { throw .oneMachine(engine: name) }
    guard launch.memoryUtilization == nil else {
      throw .lacks(.memoryShare, engine: name)  // its own share is one of the free memory
    }
    let needsPyTorch = model.dimensions.map { $0.headWidth != Self.headWidth } ?? false
    guard !(needsPyTorch && model.isAWQ) else {
      throw .cannotServe(model: model.name, engine: name, .headWidth(Self.headWidth))
    }
    // TurboMind pads the intermediate size, so that AWQ's groups do not matter.
    let tensor = try launch.gpus.resolved(
      engine: self, model: model, hasPipeline: false, splits: { $0.splitsHeads(into: $1) }
    ).tensor
    var options: [EngineOption] = []
    if needsPyTorch { options.append(EngineOption("backend", "pytorch")) }
    if model.isAWQ { options.append(EngineOption("model-format", "awq")) }
    options += [
      EngineOption("session-len", "\(launch.contextLength)"),
      EngineOption("tp", "\(tensor)"),
      EngineOption("server-name", "127.0.0.1"),  // its own default is every interface
      EngineOption("server-port", "\(launch.port ?? 23333)"),
      EngineOption("model-name", model.name),
    ]
    var command = EngineCommand(
      executable, ["serve", "api_server", model.path], options: options, besides: launch.options)
    if model.hub == .modelscope { command.environment["LMDEPLOY_USE_MODELSCOPE"] = "True" }
    return command
  }
}
