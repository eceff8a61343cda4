import CEdit
import Foundation

/// Reads lines from the terminal, with editing and history; several lines where they are pasted
/// together or Alt-Enter begins them.
///
/// The prompt and the echo go to standard error: standard output is for answers.
final class LineEditor {
  /// What the user did.
  enum Input: Equatable {
    case line(String)
    /// Ctrl-C.
    case interrupted
    /// Ctrl-D, or the terminal is gone.
    case end
  }

  private let editor: OpaquePointer
  private let history: OpaquePointer

  /// Takes over the terminal; nil when memory is short.
  init?() {
    setlocale(LC_CTYPE, "C.UTF-8")  // libedit reads characters by the locale
    guard let history = history_init() else { return nil }
    guard let editor = cedit_open("internvl", history) else {
      history_end(history)
      return nil
    }
    self.editor = editor
    self.history = history
    markPastes(true)
  }

  deinit {
    markPastes(false)
    el_end(editor)
    history_end(history)
  }

  /// Has the terminal say where pasted text begins and ends ("bracketed paste"), so that its line
  /// feeds do not send it.
  private func markPastes(_ isOn: Bool) {
    guard StandardError.hasErasableLines else { return }
    StandardError.write(isOn ? "\u{1B}[?2004h" : "\u{1B}[?2004l")
  }

  /// Waits for a line, without its line feed.
  func readLine() -> Input {
    var count: Int32 = 0
    let text = Interrupts.cancellable { el_gets(editor, &count) }
    guard let text, count > 0 else { return Interrupts.isRequested ? .interrupted : .end }
    var line = String(cString: text)
    if line.last == "\n" { line.removeLast() }
    if !line.allSatisfy(\.isWhitespace) { cedit_remember(history, text) }
    return .line(line)
  }
}
