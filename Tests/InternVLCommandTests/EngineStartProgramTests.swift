import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Engines started by a launch", .enabled(if: FakeEngine.isPresent))
struct EngineStartProgramTests {
  private let standIn: StandInEngine

  init() throws { standIn = try StandInEngine() }

  private func launch(_ mode: String, _ arguments: String..., input: String = "") throws
    -> Program.Result
  {
    try Program.run(
      ["launch", "1b", "-f", "pytorch"] + arguments, input: Data(input.utf8),
      environment: standIn.environment(mode))
  }

  @Test("an engine is started, asked and ended")
  func question() throws {
    let result = try launch("serve", "-en", "vLLM", "-p", "What is it?")
    #expect(result.output == "A red circle.\n")
    #expect(result.errors.contains("internvl: starting vllm serve OpenGVLab/InternVL3-1B "))
    // Which phases are seen is a matter of time.
    #expect(result.errors.contains("internvl: vLLM "))
    #expect(result.status == 0)
    #expect(standIn.hasWorker == false)
  }

  @Test("a chat goes on by a started engine")
  func chat() throws {
    let result = try launch(
      "serve", "-en", "lmdeploy", "--no-history",
      input: "/system Be brief.\nWhat is it?\n/context\n/set max-tiles 4\n")
    #expect(result.output == "A red circle.\n")
    #expect(result.errors.contains("284 tokens are used"))
    #expect(result.errors.contains("the server cuts pictures as it is set up"))
    #expect(standIn.hasWorker == false)
  }

  @Test("an engine that ends by itself leaves its last words and a remedy")
  func death() throws {
    let result = try launch("no_gpu", "-en", "vllm", "-p", "x")
    #expect(result.status == 1)
    #expect(result.errors.contains("  RuntimeError: Failed to infer device type\n"))
    #expect(
      result.errors.contains("vLLM ended with status 1, because it finds no GPU; its log is '"))
    #expect(
      result.errors.hasSuffix("leave out --model-engine, since the native engine needs none\n"))
  }

  @Test(
    "an engine that dies while it answers leaves its last words and a remedy",
    arguments: [true, false])
  func deathInAnswer(isChat: Bool) throws {
    let result =
      try isChat
      ? launch("dies", "-en", "vllm", "--no-history", input: "What is it?\nAnd that?\n")
      : launch("dies", "-en", "vllm", "-p", "What is it?")
    #expect(result.status == 1)
    #expect(result.output == "A \n")
    #expect(result.errors.contains("  torch.OutOfMemoryError: CUDA out of memory.\n"))
    #expect(
      result.errors.contains("vLLM ended with status 7, because the GPU's memory is too small"))
    #expect(!result.errors.contains("connection ended"))
    #expect(standIn.hasWorker == false)
  }

  @Test("a port that another program has is told with its remedy")
  func portTaken() throws {
    let port = FakeEngine.shared.address("good").split(separator: ":")[2].prefix { $0.isNumber }
    let result = try launch("serve", "-en", "vllm", "-p", "x", "--engine-option", "port=\(port)")
    #expect(result.status == 1)
    #expect(
      result.errors.hasSuffix(
        "vLLM cannot have port \(port), which is taken by another program; leave out the "
          + "--engine-option for the port\n"))
    #expect(standIn.hasWorker == nil)
  }

  @Test("several launches at a time have engines of their own")
  func several() async throws {
    try await withThrowingTaskGroup(of: Program.Result.self) { group in
      for _ in 0..<3 {
        group.addTask {
          let standIn = try StandInEngine()
          let result = try Program.run(
            ["launch", "1b", "-f", "pytorch", "-en", "vLLM", "-p", "What is it?"],
            environment: standIn.environment("serve"))
          #expect(standIn.hasWorker == false)
          return result
        }
      }
      for try await result in group { #expect(result.output == "A red circle.\n") }
    }
  }

  @Test("a started engine captions, and a second run has nothing to do")
  func captions() throws {
    let folder = try TemporaryFolder()
    let pictures = SharedFixtures.projectRoot.appending(path: "demo/pictures").path
    let rows = folder.url.appending(path: "rows.jsonl")
    func caption() throws -> Program.Result {
      try Program.run(
        [
          "caption", pictures, "--output", rows.path, "-n", "1b", "-f", "pytorch", "-en", "vLLM",
          "--parallel", "2",
        ], environment: standIn.environment("serve"))
    }
    let result = try caption()
    #expect(result.status == 0, "\(result.errors)")
    let text = try String(contentsOf: rows, encoding: .utf8)
    #expect(text.contains("A red circle."))
    #expect(text.contains(#""engine":"vLLM""#))
    #expect(standIn.hasWorker == false)
    #expect(try caption().status == 0)
    #expect(try String(contentsOf: rows, encoding: .utf8) == text)
  }

  @Test("a started engine that dies ends the captions with its last words")
  func captionDeath() throws {
    let pictures = SharedFixtures.projectRoot.appending(path: "demo/pictures").path
    let result = try Program.run(
      ["caption", pictures, "-n", "1b", "-f", "pytorch", "-en", "vLLM"],
      environment: standIn.environment("dies"))
    #expect(result.status == 1)
    #expect(result.errors.contains("vLLM ended with status 7"), "\(result.errors)")
  }

  @Test("a started engine answers a batch")
  func batch() throws {
    let folder = try TemporaryFolder()
    let requests = try folder.write(
      #"{"custom_id":"a","url":"/v1/chat/completions","body":{"messages":[]}}"# + "\n",
      to: "requests.jsonl")
    let results = folder.url.appending(path: "results.jsonl")
    let result = try Program.run(
      [
        "batch", requests.path, "--output", results.path, "-n", "1b", "-f", "pytorch", "-en",
        "vLLM",
      ], environment: standIn.environment("serve"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(try String(contentsOf: results, encoding: .utf8).contains("A red circle."))
    #expect(standIn.hasWorker == false)
  }

  @Test("an engine that is not installed is named with what installs it")
  func missing() throws {
    let result = try Program.run(
      ["launch", "1b", "-en", "transformers", "-f", "pytorch", "-p", "x"],
      environment: ["PATH": "/nowhere"])
    #expect(result.status == 1)
    #expect(
      result.errors.hasSuffix(
        "Transformers is not installed; install it (pip install 'transformers[serving]' torchvision) or "
          + "leave out --model-engine\n"))
  }

  @Test("no process is left where this program is killed")
  func killed() throws {
    let process = Process()
    process.executableURL = Program.executable
    process.arguments = ["launch", "1b", "-f", "pytorch", "-en", "vllm", "-p", "x"]
    process.environment = standIn.environment("silent_worker")
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    while standIn.hasWorker != true { usleep(20_000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    // The worker ends at SIGTERM, which the watcher sends.
    while standIn.hasWorker == true { usleep(20_000) }
    #expect(standIn.hasWorker == false)
  }
}
