import Foundation
import Hub
import InternVL
import Processes
import Registry
import TestSupport
import Testing

@testable import Engines

@Suite("Engines that are started", .enabled(if: FakeEngine.isPresent))
struct EngineRunTests {
  private let standIn: StandInEngine
  private let picture = EncodedPicture(mediaType: "image/png", bytes: [1])

  init() throws { standIn = try StandInEngine() }

  private func start(
    _ engine: any Engine, _ mode: String = "serve", model: String = "InternVL3-1B"
  ) throws -> EngineRun {
    let specs = try Registry.builtIn().families[0].specs
    let spec = try #require(specs.first { $0.name == model })
    var launch = EngineLaunch(model: try #require(EngineModel(spec)))
    launch.port = FreePort.find()
    return try EngineRun(
      engine.command(for: launch), engine: engine.name, environment: standIn.environment(mode),
      log: standIn.file("log"))
  }

  private func ready(_ run: EngineRun, timeLimit: Duration = .seconds(120)) throws -> [EnginePhase]
  {
    var phases: [EnginePhase] = []
    let served = try run.waitUntilReady(
      picture: picture, timeLimit: timeLimit, isCancelled: { false },
      onProgress: { phases.append($0.phase) })
    #expect(served.name == "InternVL3-1B")
    #expect(served.endpoint.address.hasSuffix("/v1"))
    return phases
  }

  @Test(
    "each engine is ready once it has answered, and ends with its worker", arguments: [0, 1, 2])
  func start(index: Int) throws {
    let run = try start(Engines.all[index])
    #expect(try !ready(run).isEmpty)  // which phases are seen is a matter of time
    #expect(standIn.hasWorker == true)
    run.stop()
    #expect(standIn.hasWorker == false)
  }

  @Test("an engine that ends by itself says how, why and with which words")
  func death() throws {
    let run = try start(VLLM(), "no_gpu")
    do {
      _ = try ready(run)
      Issue.record("it is ready")
    } catch EngineRunError.died("vLLM", let end, let cause, let lines, let log) {
      #expect(end == .exited(status: 1))
      #expect(cause == .noGPU)
      #expect(lines.last == "RuntimeError: Failed to infer device type")
      #expect(log == standIn.file("log"))
    }
  }

  @Test("an engine that dies while it answers says so, and not that a connection ended")
  func deathInAnswer() throws {
    let run = try start(VLLM(), "dies")
    let served = try run.waitUntilReady(
      picture: picture, isCancelled: { false }, onProgress: { _ in })
    let question = EndpointQuestion(
      model: served.name, messages: [Message(role: .user, content: "What is it?")], pictures: [],
      options: GenerationOptions())
    let error = #expect(throws: EndpointError.self) {
      try served.endpoint.answer(question, isCancelled: { false })
    }
    guard
      case .died(_, let end, let cause, let lines, _)? = run.explained(try #require(error))
        as? EngineRunError
    else {
      Issue.record("it does not say that it ended")
      return
    }
    #expect(end == .exited(status: 7))
    #expect(cause == .outOfMemory)
    #expect(lines.last == "torch.OutOfMemoryError: CUDA out of memory.")
  }

  @Test("an error that is not the engine's end stays as it is")
  func otherError() throws {
    let run = try start(VLLM())
    defer { run.stop() }
    _ = try ready(run)
    let error = EndpointError.refused(status: 400, message: "")
    #expect(run.explained(error) as? EndpointError == error)
  }

  @Test("a port that another program has is told before anything is started")
  func portTaken() throws {
    let port = try #require(
      Int(FakeEngine.shared.address("good").split(separator: ":")[2].prefix { $0.isNumber }))
    let spec = try #require(try Registry.builtIn().families[0].specs.first)
    var launch = EngineLaunch(model: try #require(EngineModel(spec)))
    launch.options = [EngineOption("port", "\(port)")]
    do {
      _ = try EngineRun(
        VLLM().command(for: launch), engine: "vLLM", environment: standIn.environment(),
        log: standIn.file("log"))
      Issue.record("it was started")
    } catch EngineRunError.portTaken("vLLM", let taken) {
      #expect(taken == port)
    }
  }

  @Test("an engine that fails at the first question is not ready, whatever it says")
  func firstQuestion() throws {
    let run = try start(LMDeploy(), "out_of_memory", model: "InternVL3-8B")
    defer { run.stop() }
    do {
      _ = try ready(run)
      Issue.record("it is ready")
    } catch EngineRunError.failedFirstRequest(_, let error, let cause, let lines, _) {
      #expect(error == .failed(status: 500, message: "Internal Server Error"))
      #expect(cause == .outOfMemory)
      #expect(lines.last == "torch.OutOfMemoryError: CUDA out of memory.")
    }
  }

  @Test("an engine is waited for as long as it may take, or until the caller cancels")
  func late() throws {
    let run = try start(Transformers(), "silent")
    defer { run.stop() }
    do {
      _ = try ready(run, timeLimit: .milliseconds(300))
      Issue.record("it is ready")
    } catch EngineRunError.late(let engine, _, _, _) {
      #expect(engine == "Transformers")
    }
    #expect(throws: HubError.cancelled) {
      try run.waitUntilReady(picture: picture, isCancelled: { true }, onProgress: { _ in })
    }
  }

  @Test("an engine that is not installed is not started")
  func missing() throws {
    let spec = try #require(try Registry.builtIn().families[0].specs.first)
    let command = try VLLM().command(for: EngineLaunch(model: #require(EngineModel(spec))))
    do {
      _ = try EngineRun(
        command, engine: "vLLM", environment: ["PATH": "/nowhere"], log: standIn.file("log"))
      Issue.record("it was started")
    } catch EngineRunError.notInstalled(let engine) {
      #expect(engine == "vLLM")
    }
  }
}
