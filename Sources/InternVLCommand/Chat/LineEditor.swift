import CEdit
import Foundation

/// Reads lines from the terminal, with editing and history; several lines where they are pasted
/// together or Alt-Enter begins them.
///
/// The prompt and the echo go to standard error: standard output is for answers.
final class LineEditor: ChatLines {
  private let editor: OpaquePointer
  private let completer: Completer

  /// Takes over the terminal; nil when memory is short.
  init?(history: [String]) {
    Cells.setUp()  // libedit reads characters by the locale
    Interrupts.restoreTerminalAtEnd()
    completer = Completer()
    let context = Unmanaged.passUnretained(completer).toOpaque()
    guard let editor = cedit_open("internvl", complete, context) else { return nil }
    self.editor = editor
    history.forEach(remember)
    markPastes(true)
  }

  deinit {
    markPastes(false)
    cedit_close(editor)
  }

  /// Has the terminal say where pasted text begins and ends ("bracketed paste"), so that its line
  /// feeds do not send it.
  private func markPastes(_ isOn: Bool) {
    guard StandardError.hasErasableLines else { return }
    StandardError.write(isOn ? "\u{1B}[?2004h" : "\u{1B}[?2004l")
  }

  func next(isWithin: Bool) -> ChatLineInput {
    var count: Int32 = 0
    let prompt: StaticString = isWithin ? ". " : "> "
    let text = Interrupts.cancellable {
      prompt.withUTF8Buffer { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          cedit_read_line(editor, $0.baseAddress, &count)
        }
      }
    }
    let skipped = Int(cedit_skipped(editor))
    if skipped > 0 {
      StandardError.say(
        "internvl: left out \(Units.count(skipped, "byte")) that \(skipped == 1 ? "is" : "are") "
          + "not UTF-8; the terminal seems to use another character set")
    }
    guard let text, count > 0 else { return Interrupts.isRequested ? .interrupted : .end }
    var line = String(cString: text)
    if line.last == "\n" { line.removeLast() }
    return .line(line)
  }

  func remember(_ line: String) { cedit_remember(editor, line + "\n") }
}

/// What Tab calls: finds what to add to the text before the cursor.
private func complete(
  _ context: UnsafeMutableRawPointer?, _ before: UnsafePointer<CChar>?,
  _ listed: UnsafeMutablePointer<Int32>?
) -> UnsafeMutablePointer<CChar>? {
  guard let context, let before else { return nil }
  let completer = Unmanaged<Completer>.fromOpaque(context).takeUnretainedValue()
  let completion = completer.complete(String(cString: before))
  if completion.added.isEmpty, completion.candidates.count > 1 {
    StandardError.say("\n" + completion.candidates.joined(separator: "  "))
    listed?.pointee = 1
  }
  return completion.added.isEmpty ? nil : strdup(completion.added)
}
