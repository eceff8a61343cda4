import Registry

/// Transformers' own server: only its own layout, spread over the GPUs that it sees.
package struct Transformers: Engine {
  package let name = "Transformers"
  package let executable = "transformers"
  package let versionArguments = ["version"]
  package let packages = "'transformers[serving]' torchvision"

  /// The repositories of OpenGVLab in transformers' layout, by the models whose weights they hold.
  private static let twins = Dictionary(
    uniqueKeysWithValues: ["InternVL3-1B", "InternVL3-8B", "InternVL3-38B"].map {
      ($0, "OpenGVLab/\($0)-hf")
    })

  /// Its server refuses or passes over fields that it does not know, and takes one for another penalty.
  package let unknownSettings: Set<AnswerSetting> = Set(AnswerSetting.allCases)

  package init() {}

  package func command(for launch: EngineLaunch) throws(EngineError) -> EngineCommand {
    let model = launch.model
    guard launch.place == .here else { throw .oneMachine(engine: name) }
    if launch.gpus.tensor != nil { throw .lacks(.tensorParallelism, engine: name) }
    if launch.gpus.pipeline != nil { throw .lacks(.pipelineParallelism, engine: name) }
    if launch.memoryUtilization != nil { throw .lacks(.memoryShare, engine: name) }
    let (path, note) = try served(model)
    let options = [
      EngineOption("host", "127.0.0.1"),  // it opens any file or address that a request names
      EngineOption("port", "\(launch.port ?? 8000)"), EngineOption("dtype", "auto"),
      EngineOption("device", "auto"),
    ]
    var command = EngineCommand(
      executable, ["serve", path], options: options, besides: launch.options)
    if let count = launch.gpus.count {
      command.environment["CUDA_VISIBLE_DEVICES"] = (0..<count).map(String.init)
        .joined(separator: ",")
    }
    command.notes += [note].compactMap(\.self)
    return command
  }

  /// The folder or the repository that it can serve, and what to say where that is another one.
  private func served(_ model: EngineModel) throws(EngineError) -> (String, EngineNote?) {
    if model.layout == .transformers { return (model.path, nil) }
    if model.hub == .modelscope { throw .cannotServe(model: model.name, engine: name, .hub) }
    if model.isAWQ { throw .cannotServe(model: model.name, engine: name, .quantised) }
    guard let twin = Self.twins[model.name] else {
      throw .cannotServe(model: model.name, engine: name, .layout)
    }
    return (twin, .twin(repository: twin, of: model.name))
  }
}
