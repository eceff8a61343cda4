/// Why an engine cannot do what it is asked.
package enum EngineError: Error, Equatable {
  /// What it lacks for a model.
  package enum Lack: Sendable, Equatable {
    /// It takes quantised weights only with heads of this width.
    case headWidth(Int)
    /// It knows transformers' layout alone, and no repository is known that has the weights in it.
    case layout
    /// It knows transformers' layout alone, which no quantised checkpoint has.
    case quantised
    /// The repository in transformers' layout is at Hugging Face alone.
    case hub
  }

  /// What some engines can be told.
  package enum Setting: Sendable { case tensorParallelism, pipelineParallelism, memoryShare }

  case cannotServe(model: String, engine: String, Lack)
  /// So many GPUs cannot share the model's matrices; `legal` are the numbers that can, up to 16.
  case cannotSplit(model: String, engine: String, parts: Int, legal: [Int], hasPipeline: Bool)
  /// The engine cannot be told so.
  case lacks(Setting, engine: String)
  /// The engine is started on one machine only.
  case oneMachine(engine: String)
  /// The shares do not make up the GPUs.
  case otherCount(gpus: Int, tensor: Int, pipeline: Int)
  case tooFewLayers(model: String, layers: Int, parts: Int)
  /// The GPU's compute capability is too low for the model.
  case oldGPU(model: String, capability: Double, needed: Double)
}

extension EngineError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cannotServe(let model, let engine, let lack): "\(engine) cannot serve \(model): \(lack)"
    case .cannotSplit(let model, let engine, let parts, let legal, let hasPipeline):
      "\(model) cannot have tensor parallel size \(parts) on \(engine), only "
        + Self.list(legal)
        + (hasPipeline ? "; more GPUs can share it by pipeline parallelism" : "")
    case .lacks(let setting, let engine): "\(engine) has no \(setting)"
    case .oneMachine(let engine): "\(engine) is started on one machine only; vLLM takes several"
    case .otherCount(let gpus, let tensor, let pipeline):
      "\(gpus) GPU\(gpus == 1 ? " is" : "s are") not tensor parallel size \(tensor) times pipeline "
        + "parallel size \(pipeline)"
    case .tooFewLayers(let model, let layers, let parts):
      "\(model) has \(layers) layers, too few for pipeline parallel size \(parts)"
    case .oldGPU(let model, let capability, let needed):
      "\(model) needs a GPU of compute capability \(needed), and this one has \(capability)"
    }
  }

  /// Whether the request is wrong, rather than the machine too old.
  package var isUsageError: Bool {
    if case .oldGPU = self { false } else { true }
  }

  /// "1, 2 or 4".
  private static func list(_ numbers: [Int]) -> String {
    let words = numbers.map(String.init)
    return ([words.dropLast().joined(separator: ", ")].filter { !$0.isEmpty } + words.suffix(1))
      .joined(separator: " or ")
  }
}

extension EngineError.Setting: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tensorParallelism: "tensor parallelism"
    case .pipelineParallelism: "pipeline parallelism"
    case .memoryShare: "limit for its share of a GPU's memory"
    }
  }
}

extension EngineError.Lack: CustomStringConvertible {
  package var description: String {
    switch self {
    case .headWidth(let width):
      "it takes AWQ only with heads of \(width), and this model's are narrower"
    case .layout:
      "it knows transformers' layout alone, and no repository with this model in it is known"
    case .quantised: "it knows transformers' layout alone, which no AWQ checkpoint has"
    case .hub: "its repository in transformers' layout is at Hugging Face alone"
    }
  }
}
