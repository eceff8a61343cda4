import Foundation

/// Says on a terminal what is being done until there is something better to show.
///
/// It is one line that goes away. On a terminal whose lines cannot be written anew, each new kind of work
/// is a line of its own; where standard error is no terminal, nothing is said.
final class StatusLine {
  private var shown = ""
  private var kind = ""

  /// Shows how far a kind of work is: "picture 1 of 2", and "tile 3 of 13".
  func show(_ kind: String, _ detail: String = "") {
    let text = detail.isEmpty ? kind : "\(kind): \(detail)"
    if StandardError.hasErasableLines {
      guard text != shown else { return }
      StandardError.rewriteLine(text)
      shown = text
    } else if StandardError.isTerminal, kind != self.kind {
      StandardError.say(kind)
    }
    self.kind = kind
  }

  /// Takes the line away.
  func clear() {
    if !shown.isEmpty { StandardError.rewriteLine("") }
    shown = ""
    kind = ""
  }
}
