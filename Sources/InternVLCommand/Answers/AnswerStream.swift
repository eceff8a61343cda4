import Foundation

/// Prints an answer while it is being generated.
final class AnswerStream {
  private var filter = TerminalText()
  private var thoughtFilter = TerminalText()
  private var isInThought = false
  private var wrap: WordWrap?
  private let status: StatusLine
  private var endsInNewline = true
  /// Why printing ended early.
  private(set) var error: OutputError?

  /// Takes the status line away before it prints; with `isWrapped`, breaks lines at words where standard
  /// output is a terminal whose lines can be written anew.
  init(status: StatusLine, isWrapped: Bool) {
    self.status = status
    let isDumb = !StandardError.hasErasableLines
    wrap = isWrapped && !isDumb ? Cells.columns(STDOUT_FILENO).map { WordWrap(width: $0) } : nil
  }

  /// Prints a piece; after an error, nothing.
  func print(_ piece: String) {
    if isInThought { write("\n\n") }
    isInThought = false
    let text = filter.clean(piece)
    write(wrap?.add(text) ?? text)
  }

  /// Prints a piece of a thought, dimly; nothing where standard output is not a terminal.
  func printThought(_ piece: String) {
    guard isatty(STDOUT_FILENO) != 0 else { return }
    isInThought = true
    let text = thoughtFilter.clean(piece)
    write(StandardError.hasErasableLines ? "\u{1B}[2m\(text)\u{1B}[22m" : text)
  }

  /// Ends the last line.
  func finish() throws(OutputError) {
    write(wrap?.finish() ?? "")
    status.clear()
    if !endsInNewline { write("\n") }
    if let error { throw error }
  }

  private func write(_ text: String) {
    guard error == nil, let last = text.last else { return }
    status.clear()
    endsInNewline = last == "\n"
    do {
      try StandardOutput.write(text)
    } catch {
      self.error = error
    }
  }
}
