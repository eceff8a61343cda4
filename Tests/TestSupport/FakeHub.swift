package import Foundation

/// The fake hub of `fake_hub.py`: one process that all tests share, each with repositories of its
/// own.
package final class FakeHub: Sendable {
  package static let isPresent = PythonServer.python != nil

  /// Starts with the first test that asks for it; ends with this process, which closes its input.
  package static let shared = FakeHub()

  package let hubPort: Int
  package let storePort: Int
  private let server = PythonServer(script: "fake_hub.py")

  private struct Ports: Decodable {
    let hub: Int
    let cdn: Int
  }

  private init() {
    do {
      let ports = try JSONDecoder().decode(Ports.self, from: server.line())
      (hubPort, storePort) = (ports.hub, ports.cdn)
    } catch {
      preconditionFailure("the fake hub does not start: \(error)")
    }
  }

  /// Sends a command and returns the answer's JSON.
  package func send(_ command: [String: any Sendable]) throws -> Data {
    server.line(after: try JSONSerialization.data(withJSONObject: command))
  }
}

/// One request as the fake hub saw it.
package struct LoggedRequest: Decodable {
  package let port: String
  package let method: String
  package let path: String
  package let range: String?
  package let authorization: String?
  package let cookie: String?
}
