import Engines
import Foundation
import Hub
import Imaging
import InternVL

/// An engine that a launch starts, and that ends with it.
struct StartedEngine {
  private let run: EngineRun
  /// The server, which has answered once.
  let endpoint: Endpoint
  /// The server's name for the model.
  let model: String

  /// Starts an engine and waits until it answers; says on standard error how far it is.
  ///
  /// - Throws: `EngineRunError`, `CommandError.interrupted`.
  init(_ command: EngineCommand, engine: any Engine) throws {
    let log = try Environment.engineLog(command.executable)
    for note in command.notes { StandardError.say("internvl: \(note)") }
    StandardError.say("internvl: starting \(command)")
    let run = try EngineRun(
      command, engine: engine.name, environment: ProcessInfo.processInfo.environment, log: log)
    self.run = run
    do {
      let picture = try EncodedPicture(Image(Self.tinyPicture))
      (endpoint, model) = try Interrupts.cancellable {
        try run.waitUntilReady(
          picture: picture, isCancelled: { Interrupts.isRequested },
          onProgress: { StandardError.say("internvl: \(engine.name) \($0.phase), \($0.seconds) s") }
        )
      }
    } catch {
      run.stop()
      if case HubError.cancelled = error { throw CommandError.interrupted }
      for line in (error as? EngineRunError)?.lines ?? [] { StandardError.say("  \(line)") }
      throw error
    }
  }

  private static let tinyPicture = RGBImage(
    width: 32, height: 32, pixels: Array(repeating: 127, count: 32 * 32 * 3))

  /// Ends the engine and everything that it started.
  func stop() { run.stop() }
}
