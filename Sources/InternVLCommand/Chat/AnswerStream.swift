/// Prints an answer while it is being generated.
final class AnswerStream {
  private var filter = TerminalText()
  private var endsInNewline = true
  /// Why printing ended early.
  private(set) var error: OutputError?

  /// Prints a piece; after an error, nothing.
  func print(_ piece: String) {
    write(filter.clean(piece))
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
