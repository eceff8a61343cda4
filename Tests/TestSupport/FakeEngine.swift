import Foundation
import Synchronization

/// The server of `fake_engine.py`: one process that all tests share, whose answers the path chooses.
package final class FakeEngine: Sendable {
  package static let isPresent = FakeHub.isPresent

  /// Starts with the first test that asks for it; ends with this process, which closes its input.
  package static let shared = FakeEngine()

  private let port: Int
  private let running: Mutex<(process: Process, input: Pipe)>

  private init() {
    let process = Process()
    process.executableURL = URL(filePath: FakeHub.python ?? "/usr/bin/python3")
    process.arguments = [
      URL(filePath: #filePath).deletingLastPathComponent().appending(path: "fake_engine.py").path
    ]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      preconditionFailure("the fake engine does not start: \(error)")
    }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.filter(\.isNumber)) else {
      preconditionFailure("the fake engine says '\(line)'")
    }
    self.port = port
    running = Mutex((process, input))
  }

  /// The address of answers of a kind, such as "good" or "html".
  package func address(_ kind: String) -> String { "http://127.0.0.1:\(port)/\(kind)/v1" }
}
