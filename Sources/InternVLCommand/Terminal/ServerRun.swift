import Foundation
import Server
import Synchronization
import UnixSignals

/// Whether the program was told to stop, for whoever asks on any thread.
final class StopFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .relaxed) }

  func set() { flag.store(true, ordering: .relaxed) }
}

/// Runs a server until a signal or an error ends it.
struct ServerRun: Sendable {
  let server: Server
  /// Seconds that running answers may take after the first signal.
  let grace: Int
  let stop: StopFlag

  /// Blocks until the server has stopped.
  func wait() throws {
    do {
      try Waiting.result {
        let signals = Task { await followSignals() }
        defer { signals.cancel() }
        try await server.run()
      }
    } catch {
      // What a grace that is over cancels is no error of the server.
      guard stop.isSet else { throw error }
    }
  }

  /// Stops at the first signal when running answers are done, at the second one now.
  private func followSignals() async {
    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
      guard !stop.isSet else { exit(Interrupts.exitStatus) }
      stop.set()
      StandardError.say("internvl: stopping when running answers are done, in \(grace) s at most")
      Task { await server.shutDown() }
      Task {
        // A model that is being loaded cannot be interrupted everywhere.
        try await Task.sleep(for: .seconds(grace + 2))
        exit(Interrupts.exitStatus)
      }
    }
  }
}
