import Files
import Foundation

/// Why standard output could not be written to.
enum OutputError: Error, Equatable {
  /// The reader went away, so there is nobody to tell.
  case closed
  case failed(FileError.Reason)
}

/// Standard output: answers, tables and JSON, nothing else.
enum StandardOutput {
  /// Writes all of the text now, unbuffered.
  static func write(_ text: String) throws(OutputError) {
    try writeAll(text, descriptor: STDOUT_FILENO)
  }

  /// Writes a value as one line of JSON.
  static func write(json value: some Encodable) throws {
    try write(JSONText.line(value))
  }
}

/// Standard error: what is being done, times, errors.
enum StandardError {
  static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether a line on it can be written anew.
  static var hasErasableLines: Bool {
    isTerminal && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Writes a line, without what a terminal would take for a command: it may hold names of files.
  ///
  /// A closed standard error is not an error.
  static func say(_ line: String) {
    write(TerminalText.cleaned(line) + "\n")
  }

  /// Says the first of several sentences alike, and how many more there are.
  static func sayFirst(_ sentences: [String]) {
    for sentence in sentences.prefix(10) { say("internvl: \(sentence)") }
    if sentences.count > 10 { say("internvl: and \(sentences.count - 10) more of these") }
  }

  /// Writes a line in place of the one that the cursor is in, as much of it as fits.
  static func rewriteLine(_ line: String) {
    let columns = (Cells.columns(STDERR_FILENO) ?? 80) - 1
    write("\r\u{1B}[K" + Cells.prefix(TerminalText.cleaned(line), columns))
  }

  /// Writes text as it is.
  static func write(_ text: String) {
    try? writeAll(text, descriptor: STDERR_FILENO)
  }
}

private func writeAll(_ text: String, descriptor: Int32) throws(OutputError) {
  let bytes = Array(text.utf8)
  var written = 0
  while written < bytes.count {
    let count = uninterrupted {
      bytes[written...].withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress, $0.count)
      }
    }
    if count >= 0 {
      written += count
    } else if errno == EAGAIN {
      var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&wait, 1, -1)
    } else if errno == EPIPE {
      throw .closed
    } else {
      throw .failed(.lastSystemError)
    }
  }
}
