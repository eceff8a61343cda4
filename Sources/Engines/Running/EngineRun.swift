package import Foundation
import Hub
import InternVL
import Processes

/// An engine that was started here.
///
/// It ends with `stop`, and with this process.
package final class EngineRun {
  package let engine: String
  package let log: URL
  private let group: ProcessGroup
  private let endpoint: Endpoint
  private let start = ContinuousClock.now
  private var reader: LogReader

  /// Starts an engine.
  ///
  /// - Parameters:
  ///   - command: what is started.
  ///   - engine: its name.
  ///   - environment: this process's variables, which the command adds to.
  ///   - log: the file for what it writes.
  /// - Throws: `EngineRunError.notStarted`; `EndpointError.badAddress` for a port that is none.
  package init(
    _ command: EngineCommand, engine: String, environment: [String: String], log: URL
  ) throws {
    self.engine = engine
    self.log = log
    let searchPath = environment["PATH"] ?? ""
    guard let program = ChildProcess.executable(command.executable, searchPath: searchPath) else {
      throw EngineRunError.notInstalled(engine: engine)
    }
    endpoint = try Endpoint(
      command.address, key: nil, settings: TransportSettings(), patience: .seconds(120))
    do {
      group = try ProcessGroup(
        executable: program, arguments: command.arguments,
        environment: environment.merging(command.environment) { $1 }, log: log)
    } catch {
      throw EngineRunError.notStarted(
        engine: engine, reason: String(cString: strerror(error.code)))
    }
    reader = LogReader(log)
  }

  /// What a program says while it starts.
  package struct Progress: Sendable, Equatable {
    package let phase: EnginePhase
    package let seconds: Int
  }

  /// Waits until the engine has answered a question about a picture with one token.
  ///
  /// Its own word that it is ready is not enough: engines were seen that failed at the first request.
  ///
  /// - Parameters:
  ///   - picture: a tiny picture.
  ///   - timeLimit: how long it may take.
  ///   - isCancelled: asked several times a second.
  ///   - onProgress: told of each new phase, and every 15 seconds.
  /// - Returns: the server, and its name for the model.
  /// - Throws: `EngineRunError`; `HubError.cancelled`.
  package func waitUntilReady(
    picture: EncodedPicture, timeLimit: Duration = .seconds(1800), isCancelled: () -> Bool,
    onProgress: (Progress) -> Void
  ) throws -> (endpoint: Endpoint, model: String) {
    var said = (phase: EnginePhase?.none, time: ContinuousClock.now)
    while true {
      if isCancelled() { throw HubError.cancelled }
      reader.read()
      if let end = group.ended() { throw died(end) }
      let elapsed = ContinuousClock.now - start
      if said.phase != reader.phase || ContinuousClock.now - said.time > .seconds(15) {
        said = (reader.phase, ContinuousClock.now)
        onProgress(Progress(phase: reader.phase, seconds: Int(elapsed / .seconds(1))))
      }
      if elapsed > timeLimit {
        throw EngineRunError.late(
          engine: engine, seconds: Int(timeLimit / .seconds(1)), lines: reader.lastLines, log: log)
      }
      if let model = try? endpoint.model(
        wanted: nil, matches: { _ in true }, isCancelled: isCancelled)
      {
        try ask(model, picture, isCancelled: isCancelled)
        return (endpoint, model)
      }
      usleep(300_000)
    }
  }

  /// Asks for one token.
  private func ask(
    _ model: String, _ picture: EncodedPicture, isCancelled: () -> Bool
  ) throws {
    let question = EndpointQuestion(
      model: model, messages: [Message(role: .user, content: "What is this?")],
      pictures: [picture], options: GenerationOptions(maxTokens: 1))
    do {
      if try endpoint.answer(question, isCancelled: isCancelled).isCancelled {
        throw HubError.cancelled
      }
    } catch let error as EndpointError {
      reader.read()
      if let end = group.ended() { throw died(end) }
      throw EngineRunError.failedFirstRequest(
        engine: engine, error, cause: reader.cause, lines: reader.lastLines, log: log)
    }
  }

  private func died(_ end: ProcessGroup.End) -> EngineRunError {
    reader.read()
    return .died(engine: engine, end, cause: reader.cause, lines: reader.lastLines, log: log)
  }

  /// Ends the engine and everything that it started.
  package func stop() { group.stop() }
}
