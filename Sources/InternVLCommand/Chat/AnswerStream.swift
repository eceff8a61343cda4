import Foundation

/// Prints an answer while it is being generated.
final class AnswerStream {
  private var filter = TerminalText()
  private var thoughtFilter = TerminalText()
  private var isInThought = false
  private var endsInNewline = true
  /// Why printing ended early.
  private(set) var error: OutputError?

  /// Prints a piece; after an error, nothing.
  func print(_ piece: String) {
    if isInThought { write("\n\n") }
    isInThought = false
    write(filter.clean(piece))
  }

  /// Prints a piece of a thought, dimly; nothing where standard output is not a terminal.
  func printThought(_ piece: String) {
    guard isatty(STDOUT_FILENO) != 0 else { return }
    isInThought = true
    write("\u{1B}[2m\(thoughtFilter.clean(piece))\u{1B}[22m")
  }

  /// Ends the last line.
  func finish() throws(OutputError) {
    if !endsInNewline { write("\n") }
    if let error { throw error }
  }

  private func write(_ text: String) {
    guard error == nil, let last = text.last else { return }
    endsInNewline = last == "\n"
    do {
      try StandardOutput.write(text)
    } catch {
      self.error = error
    }
  }
}
