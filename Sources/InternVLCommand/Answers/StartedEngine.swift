import Engines
import Foundation
import Hub
import Imaging
import InternVL

/// An engine that a command starts, and that ends with it.
struct StartedEngine {
  private let run: EngineRun
  /// The server, which has answered once.
  let served: ServedModel

  /// Starts an engine and waits until it answers; says on standard error how far it is.
  ///
  /// - Throws: `EngineRunError`, `CommandError.interrupted`.
  init(
    _ command: EngineCommand, workers: [NodeCommand] = [], engine: any Engine
  ) throws {
    let log = try Environment.engineLog(command.executable)
    for note in command.notes { StandardError.say("internvl: \(note)") }
    for command in [command] + workers.map(\.command) {
      StandardError.say("internvl: starting \(command)")
    }
    let run = try EngineRun(
      command, workers: workers, engine: engine.name,
      environment: ProcessInfo.processInfo.environment, log: log)
    self.run = run
    do {
      let picture = try EncodedPicture(Image(Self.tinyPicture))
      served = try Interrupts.cancellable {
        try run.waitUntilReady(
          picture: picture, isCancelled: { Interrupts.isRequested },
          onProgress: { StandardError.say("internvl: \(engine.name) \($0.phase), \($0.seconds) s") }
        )
      }
    } catch {
      run.stop()
      if case HubError.cancelled = error { throw CommandError.interrupted }
      throw Self.told(error)
    }
  }

  private static let tinyPicture = RGBImage(
    width: 32, height: 32, pixels: Array(repeating: 127, count: 32 * 32 * 3))

  /// What a failed answer means: that the engine has ended, where it has; shows its last lines then.
  func explained(_ error: EndpointError) -> any Error { Self.told(run.explained(error)) }

  /// The error, after the engine's last lines.
  private static func told(_ error: any Error) -> any Error {
    for line in (error as? EngineRunError)?.lines ?? [] { StandardError.say("  \(line)") }
    return error
  }

  /// Ends the engine and everything that it started.
  func stop() { run.stop() }
}
