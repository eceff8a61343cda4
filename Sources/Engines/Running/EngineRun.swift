package import Foundation
import Hub
import InternVL
import Processes

/// An engine that was started here.
///
/// It ends with `stop`, and with this process.
package final class EngineRun {
  package let engine: String
  private let endpoint: Endpoint
  private let start = ContinuousClock.now
  /// What runs on this machine for each node; the first one answers.
  private var parts: [Part]

  /// A process and what it starts, which runs the engine or a part of it.
  private struct Part {
    /// What messages call it.
    let name: String
    let log: URL
    let group: ProcessGroup
    var reader: LogReader

    mutating func died(_ end: ProcessGroup.End) -> EngineRunError {
      reader.read()
      // A shell, on another node, has 128 and the signal as its status.
      let isKilled = [.killed(signal: SIGKILL), .exited(status: 128 + SIGKILL)].contains(end)
      let cause = reader.cause ?? (isKilled ? .killed : nil)
      return .died(engine: name, end, cause: cause, lines: reader.lastLines, log: log)
    }
  }

  /// Starts an engine.
  ///
  /// - Parameters:
  ///   - command: what is started, and answers.
  ///   - workers: what is started with it for other nodes.
  ///   - engine: its name.
  ///   - environment: this process's variables, which the command adds to.
  ///   - log: the file for what it writes; those of the workers are beside it.
  /// - Throws: `EngineRunError` where it is not started; `EndpointError.badAddress` for a port that is none.
  package init(
    _ command: EngineCommand, workers: [NodeCommand] = [], engine: String,
    environment: [String: String], log: URL
  ) throws {
    self.engine = engine
    if let port = command.port, FreePort.isTaken(port) {
      throw EngineRunError.portTaken(engine: engine, port: port)
    }
    endpoint = try Endpoint(
      command.address, key: nil, settings: TransportSettings(), patience: .seconds(120))
    parts = [try Self.start(command, engine, environment, log)]
    for worker in workers {
      let name = "\(log.deletingPathExtension().lastPathComponent)-\(worker.node).log"
      parts.append(
        try Self.start(
          worker.command, "\(engine) on \(worker.node)", environment,
          log.deletingLastPathComponent().appending(path: name)))
    }
  }

  private static func start(
    _ command: EngineCommand, _ name: String, _ environment: [String: String], _ log: URL
  ) throws -> Part {
    let searchPath = environment["PATH"] ?? ""
    guard let program = ChildProcess.executable(command.executable, searchPath: searchPath) else {
      throw EngineRunError.notInstalled(engine: name)
    }
    do {
      let group = try ProcessGroup(
        executable: program, arguments: command.arguments,
        environment: environment.merging(command.environment) { $1 }, log: log)
      return Part(name: name, log: log, group: group, reader: LogReader(log))
    } catch {
      throw EngineRunError.notStarted(engine: name, reason: String(cString: strerror(error.code)))
    }
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
  ) throws -> ServedModel {
    var said = (phase: EnginePhase?.none, time: ContinuousClock.now)
    while true {
      if isCancelled() { throw HubError.cancelled }
      parts[0].reader.read()
      if let error = ended() { throw error }
      let reader = parts[0].reader
      let elapsed = ContinuousClock.now - start
      if said.phase != reader.phase || ContinuousClock.now - said.time > .seconds(15) {
        said = (reader.phase, ContinuousClock.now)
        onProgress(Progress(phase: reader.phase, seconds: Int(elapsed / .seconds(1))))
      }
      if elapsed > timeLimit {
        throw EngineRunError.late(
          engine: engine, seconds: Int(timeLimit / .seconds(1)), lines: reader.lastLines,
          log: parts[0].log)
      }
      if let model = try? endpoint.model(
        wanted: nil, matches: { _ in true }, isCancelled: isCancelled)
      {
        try ask(model, picture, isCancelled: isCancelled)
        return ServedModel(endpoint: endpoint, name: model)
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
      let explained = explained(error)
      guard explained is EndpointError else { throw explained }
      parts[0].reader.read()
      let reader = parts[0].reader
      throw EngineRunError.failedFirstRequest(
        engine: engine, error, cause: reader.cause, lines: reader.lastLines, log: parts[0].log)
    }
  }

  /// What a failed answer means: that the engine has ended, where it has; else the error as it is.
  ///
  /// Waits for a moment, because an engine whose worker died may answer once more before it ends.
  package func explained(_ error: EndpointError) -> any Error {
    guard let patience = error.patience else { return error }
    let limit = ContinuousClock.now + patience
    repeat {
      if let error = ended() { return error }
      usleep(50_000)
    } while ContinuousClock.now < limit
    return error
  }

  /// How the engine, or a part of it on another node, ended by itself; nil while all of it runs.
  private func ended() -> EngineRunError? {
    for index in parts.indices {
      if let end = parts[index].group.ended() { return parts[index].died(end) }
    }
    return nil
  }

  /// Ends the engine and everything that it started.
  package func stop() { for part in parts { part.group.stop() } }
}

extension EndpointError {
  /// How long an engine may take to end after an answer failed so; nil where that has another reason.
  fileprivate var patience: Duration? {
    switch self {
    case .unreachable, .silent, .cut, .brokenStream: .seconds(3)
    case .failed, .failedInAnswer: .seconds(2)
    case .badAddress, .notTheInterface, .unauthorized, .refused, .otherModel, .noModel,
      .chooseModel:
      nil
    }
  }
}
