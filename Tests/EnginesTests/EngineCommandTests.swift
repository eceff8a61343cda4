import Foundation
import Registry
import TestSupport
import Testing

@testable import Engines

@Suite("The commands of engines")
struct EngineCommandTests {
  private let specs: [ModelSpec]

  init() throws { specs = try Registry.builtIn().families[0].specs }

  private func launch(_ name: String, gpus: GPUShare = GPUShare()) throws -> EngineLaunch {
    let spec = try #require(specs.first { $0.name == name })
    var launch = EngineLaunch(model: try #require(EngineModel(spec)))
    launch.gpus = gpus
    return launch
  }

  private func failure(_ engine: any Engine, _ launch: EngineLaunch) -> EngineError? {
    do throws(EngineError) {
      _ = try engine.command(for: launch)
      return nil
    } catch {
      return error
    }
  }

  @Test("every model's command on 1, 2, 4 and 8 GPUs reads as recorded")
  func commands() throws {
    var text = ""
    for engine in Engines.all {
      for spec in specs {
        for gpus in [1, 2, 4, 8] {
          let launch = try launch(spec.name, gpus: GPUShare(count: gpus))
          text += "\(engine.name), \(spec.name), \(gpus) GPU\(gpus == 1 ? "" : "s")\n"
          do throws(EngineError) {
            let command = try engine.command(for: launch)
            text += "  \(command)\n" + command.notes.map { "  \($0)\n" }.joined()
          } catch {
            text += "  \(error)\n"
          }
        }
      }
    }
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Snapshots/commands.txt")
    #expect(try recordedText(file, updatedBy: text) == text)
  }

  @Test("every model's commands on two nodes of 1 and 8 GPUs read as recorded")
  func nodes() throws {
    let nodes = try #require(EngineNodes(argument: "gpu1,me@gpu2"))
    var text = ""
    for spec in specs {
      for gpus in [1, 8] {
        let launch = try launch(spec.name, gpus: GPUShare(count: gpus))
        text += "\(spec.name), 2 nodes of \(gpus) GPU\(gpus == 1 ? "" : "s")\n"
        for command in try VLLM().commands(for: launch, on: nodes) {
          text += "  \(command.node): \(command.command)\n"
        }
        text += "by Ray\n"
        for command in try VLLM().rayCommands(for: launch, on: nodes) {
          text += "  \(command.node): \(command.command)\n"
        }
      }
    }
    let file = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Snapshots/nodes.txt")
    #expect(try recordedText(file, updatedBy: text) == text)
  }

  @Test("GPUs of several nodes share layers, and a matrix only where that is asked for")
  func sharesOnNodes() throws {
    let nodes = try #require(EngineNodes(argument: "a,b"))
    func sizes(_ model: String, _ gpus: GPUShare) throws -> String {
      let line = try VLLM().commands(for: launch(model, gpus: gpus), on: nodes)[0].command
        .description
      let tensor = line.firstMatch(of: /--tensor-parallel-size (\d+)/)?.1 ?? "?"
      return "\(tensor) \(line.firstMatch(of: /--pipeline-parallel-size (\d+)/)?.1 ?? "1")"
    }
    #expect(try sizes("InternVL3-8B", GPUShare()) == "1 2")
    #expect(try sizes("InternVL3-8B", GPUShare(count: 4)) == "4 2")
    #expect(try sizes("InternVL3-8B", GPUShare(count: 8)) == "4 4")
    #expect(try sizes("InternVL3-8B", GPUShare(tensor: 2)) == "2 1")
    #expect(try sizes("InternVL3-38B", GPUShare(count: 4, tensor: 8)) == "8 1")
    #expect(try sizes("InternVL3-38B", GPUShare(tensor: 4, pipeline: 2)) == "4 2")
    var onRay = try launch("InternVL3-8B")
    onRay.place = .ray(.at("head:6379"))
    let ray = try VLLM().command(for: onRay).description
    #expect(ray.hasPrefix("RAY_ADDRESS=head:6379 vllm serve "))
    #expect(ray.contains(" --distributed-executor-backend ray "))
    #expect(failure(LMDeploy(), onRay) == .oneMachine(engine: "LMDeploy"))
    #expect(failure(Transformers(), onRay) == .oneMachine(engine: "Transformers"))
  }

  @Test("names of nodes that ssh would misread, or that are no list, are refused")
  func nodeNames() {
    for text in ["a", "a,a", "a,", "", "a,-oProxyCommand=x", "a b,c", "a,b;c"] {
      #expect(EngineNodes(argument: text) == nil, "\(text)")
    }
    #expect(EngineNodes(argument: "me@a,10.0.0.2,fe80::1")?.names.count == 3)
  }

  /// Computed from the published dimensions, and reported by vLLM's users for the last one.
  @Test(
    "vLLM takes the tensor parallel sizes that divide a model",
    arguments: [
      ("1B", [1, 2]), ("2B", [1, 2, 4]), ("8B", [1, 2, 4]), ("9B", [1, 2, 4, 8]),
      ("14B", [1, 2, 4, 8]), ("38B", [1, 2, 4, 8]), ("78B", [1, 2, 4, 8]), ("1B-AWQ", [1]),
      ("2B-AWQ", [1, 2]), ("8B-AWQ", [1, 2, 4]), ("9B-AWQ", [1, 2, 4, 8]),
      ("14B-AWQ", [1, 2, 4]), ("38B-AWQ", [1, 2, 4, 8]), ("78B-AWQ", [1]),
    ])
  func tensorParallelSizes(model: String, legal: [Int]) throws {
    for size in [1, 2, 3, 4, 8] {
      let launch = try launch("InternVL3-\(model)", gpus: GPUShare(tensor: size))
      #expect((failure(VLLM(), launch) == nil) == legal.contains(size), "\(size)")
    }
  }

  @Test("more GPUs than can share a matrix share the layers, where the engine can do that")
  func pipeline() throws {
    let split = try VLLM().command(for: launch("InternVL3-78B-AWQ", gpus: GPUShare(count: 4)))
    #expect(split.description.contains("--tensor-parallel-size 1 --pipeline-parallel-size 4"))
    #expect(split.notes == [.shares(tensor: 1, pipeline: 4)])
    #expect(
      failure(LMDeploy(), try launch("InternVL3-8B", gpus: GPUShare(count: 8)))
        == .cannotSplit(
          model: "InternVL3-8B", engine: "LMDeploy", parts: 8, legal: [1, 2, 4], hasPipeline: false)
    )
  }

  @Test("sizes that contradict each other, or that an engine does not have, are refused")
  func contradictions() throws {
    let eight = try launch("InternVL3-8B", gpus: GPUShare(count: 8, tensor: 4, pipeline: 4))
    #expect(failure(VLLM(), eight) == .otherCount(gpus: 8, tensor: 4, pipeline: 4))
    #expect(
      failure(VLLM(), try launch("InternVL3-1B", gpus: GPUShare(pipeline: 25)))
        == .tooFewLayers(model: "InternVL3-1B", layers: 24, parts: 25))
    #expect(
      failure(LMDeploy(), try launch("InternVL3-8B", gpus: GPUShare(pipeline: 2)))
        == .lacks(.pipelineParallelism, engine: "LMDeploy"))
    #expect(
      failure(LMDeploy(), try launch("InternVL3-8B", gpus: GPUShare(count: 4, tensor: 2)))
        == .otherCount(gpus: 4, tensor: 2, pipeline: 1))
    #expect(
      failure(Transformers(), try launch("InternVL3-8B", gpus: GPUShare(tensor: 2)))
        == .lacks(.tensorParallelism, engine: "Transformers"))
  }

  @Test(
    "vLLM gets the kernel for AWQ that its version and the GPU have",
    arguments: [
      (nil, nil, "awq"), (7.5, "0.32.0", "awq"), (8.0, "0.32.0", "awq_marlin"),
      (9.0, nil, "awq_marlin"), (9.0, "vLLM 0.9.2", "awq"), (8.6, "0.10.0", "awq_marlin"),
    ] as [(Double?, String?, String)])
  func kernels(capability: Double?, version: String?, kernel: String) throws {
    var launch = try launch("InternVL3-8B-AWQ")
    launch.machine = EngineMachine(
      computeCapability: capability, version: version.flatMap(EngineVersion.init(in:)))
    let arguments = try VLLM().command(for: launch).arguments
    let place = try #require(arguments.firstIndex(of: "--quantization"))
    #expect(arguments[place + 1] == kernel)
    launch.machine.computeCapability = 7.0
    #expect(
      failure(VLLM(), launch)
        == .oldGPU(model: "InternVL3-8B-AWQ", capability: 7.0, needed: 7.5))
  }

  @Test("an option of the user takes the place of the one with its name")
  func ownOptions() throws {
    var launch = try launch("InternVL3-1B")
    launch.options = ["port=8001", "served_model_name=it's", "enforce-eager"]
      .compactMap(EngineOption.init(argument:))
    let command = try VLLM().command(for: launch)
    #expect(command.arguments.filter { $0 == "--port" }.count == 1)
    #expect(!command.arguments.contains("--served-model-name"))
    #expect(
      command.description.hasSuffix(
        #"--port 8001 --served_model_name 'it'\''s' --enforce-eager"#))
    #expect(EngineOption(argument: "=x") == nil)
    #expect(EngineOption(argument: "--port=1") == nil)
  }

  @Test("a folder and ModelScope's repository are served from there")
  func places() throws {
    let spec = try #require(specs.first)
    var launch = EngineLaunch(model: EngineModel(spec, at: .folder("/models/my 1b")))
    #expect(try VLLM().command(for: launch).description.hasPrefix("vllm serve '/models/my 1b' "))
    launch.model = try #require(EngineModel(spec, atHub: .modelscope))
    #expect(
      try VLLM().command(for: launch).description
        .hasPrefix("VLLM_USE_MODELSCOPE=True vllm serve OpenGVLab/InternVL3-1B "))
    #expect(
      failure(Transformers(), launch)
        == .cannotServe(model: "InternVL3-1B", engine: "Transformers", .hub))
    launch.model.layout = .transformers
    #expect(try !VLLM().command(for: launch).arguments.contains("--trust-remote-code"))
    #expect(try Transformers().command(for: launch).arguments[1] == "OpenGVLab/InternVL3-1B")
  }
}
