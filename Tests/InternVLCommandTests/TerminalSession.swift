import Foundation
import TestSupport
import Testing

/// A program in a terminal of tmux: keys go in, the screen can be looked at.
final class TerminalSession {
  /// Whether there is a tmux on this machine.
  static let isPossible = (try? run(["-V"], socket: "none"))?.isEmpty == false

  private let socket = "internvl-\(UUID().uuidString.prefix(8))"

  /// Runs a shell's command line.
  init(_ command: String, columns: Int = 80, rows: Int = 30, environment: [String: String]) throws {
    let assignments = environment.map { "\($0)='\($1)'" }.sorted().joined(separator: " ")
    _ = try Self.run(
      [
        "-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)",
        "export \(assignments); \(command); echo ended with $?; exec cat",
      ], socket: socket)
  }

  deinit { _ = try? Self.run(["kill-server"], socket: socket) }

  /// Types text as it is.
  func type(_ text: String) throws { _ = try Self.run(["send-keys", "-l", text], socket: socket) }

  /// Presses keys by tmux's names, such as Enter, or C-u.
  func press(_ keys: String...) throws { _ = try Self.run(["send-keys"] + keys, socket: socket) }

  /// Sends bytes, in hexadecimal.
  func send(bytes: String...) throws {
    _ = try Self.run(["send-keys", "-H"] + bytes, socket: socket)
  }

  /// The lines on the screen and above it, without empty ones at the end.
  func screen() throws -> String {
    let text = try Self.run(["capture-pane", "-p", "-S", "-200"], socket: socket)
    return String(text.reversed().drop(while: \.isWhitespace).reversed())
  }

  /// Waits until the screen shows a text, and returns it.
  @discardableResult
  func wait(for text: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
    let end = ContinuousClock.now + .seconds(120)
    while ContinuousClock.now < end {
      let screen = try screen()
      if screen.contains(text) { return screen }
      usleep(50_000)
    }
    Issue.record(
      "the screen never showed '\(text)':\n\(try screen())", sourceLocation: sourceLocation)
    return ""
  }

  /// Closes what Foundation's `Process` has open for its child, or it would wait for tmux's server, and
  /// lets signals through, which a thread of the tests blocks: the server ends itself by one.
  private static let launcher = """
    import signal, subprocess, sys
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    sys.exit(subprocess.call(sys.argv[1:]))
    """

  private static func run(_ arguments: [String], socket: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", launcher, "tmux", "-L", socket, "-u"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self)
  }
}
