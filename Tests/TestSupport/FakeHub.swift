package import Foundation
import Synchronization

/// The fake hub of `fake_hub.py`: one process that all tests share, each with repositories of its
/// own.
package final class FakeHub: Sendable {
  /// Python 3, where this machine has it.
  static let python =
    ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"]
    .first { access($0, X_OK) == 0 } ?? pythonOnPath()

  package static let isPresent = python != nil

  private static func pythonOnPath() -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/python3" }.first { access($0, X_OK) == 0 }
  }

  /// Starts with the first test that asks for it; ends with this process, which closes its input.
  package static let shared = FakeHub()

  package let hubPort: Int
  package let storePort: Int
  private let pipes: Mutex<(input: FileHandle, output: FileHandle, process: Process)>

  private struct Ports: Decodable {
    let hub: Int
    let cdn: Int
  }

  private init() {
    let process = Process()
    process.executableURL = URL(filePath: Self.python ?? "/usr/bin/python3")
    process.arguments = [
      URL(filePath: #filePath).deletingLastPathComponent().appending(path: "fake_hub.py").path
    ]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    do {
      try process.run()
      let line = Self.line(from: output.fileHandleForReading)
      let ports = try JSONDecoder().decode(Ports.self, from: line)
      (hubPort, storePort) = (ports.hub, ports.cdn)
    } catch {
      preconditionFailure("the fake hub does not start: \(error)")
    }
    pipes = Mutex((input.fileHandleForWriting, output.fileHandleForReading, process))
  }

  private static func line(from handle: FileHandle) -> Data {
    var line = Data()
    while let byte = try? handle.read(upToCount: 1), byte.first != UInt8(ascii: "\n") {
      line += byte
    }
    return line
  }

  /// Sends a command and returns the answer's JSON.
  package func send(_ command: [String: any Sendable]) throws -> Data {
    let json = try JSONSerialization.data(withJSONObject: command)
    return pipes.withLock { pipes in
      pipes.input.write(json + Data("\n".utf8))
      return Self.line(from: pipes.output)
    }
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
