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

  @Test("an engine that is not installed is named with what installs it")
  func missing() throws {
    let result = try Program.run(
      ["launch", "1b", "-en", "transformers", "-f", "pytorch", "-p", "x"],
      environment: ["PATH": "/nowhere"])
    #expect(result.status == 1)
    #expect(
      result.errors.hasSuffix(
        "Transformers is not installed; install it (pip install 'transformers[serving]') or leave "
          + "out --model-engine\n"))
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
