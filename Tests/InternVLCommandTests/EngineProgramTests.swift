import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Engines on the command line")
struct EngineProgramTests {
  /// Without engines and GPUs of the machine that runs the tests.
  private let environment = ["PATH": "/nowhere"]

  private func run(_ arguments: String...) throws -> Program.Result {
    try Program.run(arguments, environment: environment)
  }

  @Test("a dry run prints the engine's command, and says what is special about it")
  func dryRun() throws {
    let vllm = try run("launch", "-en", "VLLM", "8b", "-f", "pytorch", "--n-gpu=8", "--dry-run")
    #expect(vllm.status == 0)
    #expect(vllm.output.hasPrefix("vllm serve OpenGVLab/InternVL3-8B --trust-remote-code "))
    #expect(vllm.output.contains(" --tensor-parallel-size 4 --pipeline-parallel-size 2 "))
    #expect(
      vllm.errors.hasSuffix("8 GPUs: tensor parallel size 4, pipeline parallel size 2\n"))
    let twin = try run(
      "launch", "--model_engine", "transformers", "InternVL3-1B", "--engine-option", "port=8001",
      "--dry-run")
    #expect(
      twin.output
        == "transformers serve OpenGVLab/InternVL3-1B-hf --host 127.0.0.1 --dtype auto "
        + "--device auto --port 8001\n")
    #expect(
      twin.errors.contains("OpenGVLab/InternVL3-1B-hf takes the place of InternVL3-1B"))
  }

  @Test(
    "what an engine cannot do is wrong usage, and the sentence says what can be done",
    arguments: [
      (["78b-awq", "--tensor-parallel-size", "2", "--dry-run"], "--n-gpu finds both sizes"),
      (["8b-awq", "-en", "transformers", "--dry-run"], "'internvl engines' says which engine can"),
      (["8b", "-en", "transformers", "--top-k", "5"], "Transformers does not know --top-k"),
      (["8b", "-en", "transformers", "--schema", "{}"], "Transformers does not know --schema"),
      (["8b", "--prefill", "x"], "--prefill is for the native engine, not for vLLM"),
      (["8b", "--threads", "2", "--dry-run"], "--threads is for the native engine, not for vLLM"),
      (["8b", "-en", "native", "--n-gpu", "2", "--dry-run"], "--dry-run needs a --model-engine"),
      (["8b", "-en", "sglang", "--dry-run"], "'sglang' is invalid for '-en"),
    ])
  func refused(arguments: [String], sentence: String) throws {
    let result = try Program.run(
      ["launch", "--model-engine", "vLLM"] + arguments, environment: environment)
    #expect(result.status == 2)
    #expect(result.errors.contains(sentence), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test("a folder is served with the dimensions and the layout of its config.json")
  func folder() throws {
    let demo = SharedFixtures.projectRoot.appending(path: "demo/model").path
    let result = try run("launch", "-en", "lmdeploy", "--model-path", demo, "--dry-run")
    #expect(result.output.contains("serve api_server \(demo) --backend pytorch --session-len 8192"))
  }

  @Test("the list of engines reads as recorded where none is installed")
  func engines() throws {
    let result = try run("engines")
    #expect(result.status == 0)
    try expectSnapshot(result.output, "engines")
  }

  @Test("the list of engines in JSON names an installed one")
  func enginesJSON() throws {
    struct List: Decodable {
      struct Row: Decodable {
        let name: String, path: String?, version: String?, install: String, gpus: [String: [Int]]
      }
      let engines: [Row]
    }
    let folder = try TemporaryFolder()
    let program = try folder.write("#!/bin/sh\necho 0.18.0\n", to: "lmdeploy")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
    let result = try Program.run(
      ["engines", "--json"], environment: ["PATH": folder.url.path])
    let list = try JSONDecoder().decode(List.self, from: Data(result.output.utf8))
    #expect(list.engines.map(\.name) == ["vLLM", "LMDeploy", "Transformers"])
    #expect(list.engines.map(\.path) == [nil, program.path, nil])
    #expect(list.engines.map(\.version) == [nil, "0.18.0", nil])
    #expect(list.engines[1].gpus["InternVL3-8B"] == [1, 2, 4])
    #expect(list.engines[2].gpus["InternVL3-9B"] == nil)
  }
}
