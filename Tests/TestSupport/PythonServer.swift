import Foundation
import Synchronization

/// A Python script beside this file that serves tests; it ends with this process, which closes its input.
final class PythonServer: Sendable {
  /// Python 3, where this machine has it.
  static let python =
    ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"]
    .first { access($0, X_OK) == 0 } ?? pythonOnPath()

  private static func pythonOnPath() -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { "\($0)/python3" }.first { access($0, X_OK) == 0 }
  }

  private let pipes: Mutex<(input: FileHandle, output: FileHandle, process: Process)>

  /// Starts a script.
  init(script: String) {
    let process = Process()
    process.executableURL = URL(filePath: Self.python ?? "/usr/bin/python3")
    process.arguments = [
      URL(filePath: #filePath).deletingLastPathComponent().appending(path: script).path
    ]
    let input = Pipe()
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    do {
      try process.run()
    } catch {
      preconditionFailure("\(script) does not start: \(error)")
    }
    pipes = Mutex((input.fileHandleForWriting, output.fileHandleForReading, process))
  }

  /// The next line that the script prints, after it was sent a line where there is one.
  func line(after request: Data? = nil) -> Data {
    pipes.withLock { pipes in
      if let request { pipes.input.write(request + Data("\n".utf8)) }
      var line = Data()
      while let byte = try? pipes.output.read(upToCount: 1), byte.first != UInt8(ascii: "\n") {
        line += byte
      }
      return line
    }
  }
}
