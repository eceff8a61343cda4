import Foundation

/// The server of `fake_engine.py`: one process that all tests share, whose answers the path chooses.
package final class FakeEngine: Sendable {
  package static let isPresent = PythonServer.python != nil

  /// Starts with the first test that asks for it.
  package static let shared = FakeEngine()

  private let server = PythonServer(script: "fake_engine.py")
  private let port: Int

  private init() {
    let line = String(decoding: server.line(), as: UTF8.self)
    guard let port = Int(line) else { preconditionFailure("the fake engine says '\(line)'") }
    self.port = port
  }

  /// The address of answers of a kind, such as "good" or "html".
  package func address(_ kind: String) -> String { "http://127.0.0.1:\(port)/\(kind)/v1" }
}
