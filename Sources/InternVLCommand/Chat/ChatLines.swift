import Foundation

/// What the user did at the chat's prompt.
enum ChatLineInput: Equatable {
  case line(String)
  /// Ctrl-C.
  case interrupted
  /// Ctrl-D, the end of a script, or the terminal is gone.
  case end
}

/// Where the lines of a chat come from.
protocol ChatLines: AnyObject {
  /// Waits for a line, without its line feed; `isWithin` a text of several lines.
  func next(isWithin: Bool) -> ChatLineInput
  /// Takes a line into the history.
  func remember(_ line: String)
}

/// The lines of a pipe or a file.
final class ScriptLines: ChatLines {
  private var lines: ArraySlice<Substring>

  /// The lines of a text that has a command in it; nil for a text that is one question.
  init?(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let hasCommand = lines.contains {
      if case .command(let command, _) = ChatInput(String($0)) { command != .exit } else { false }
    }
    guard hasCommand else { return nil }
    self.lines = lines[...]
  }

  func next(isWithin: Bool) -> ChatLineInput {
    lines.popFirst().map { .line(String($0)) } ?? .end
  }

  func remember(_ line: String) {}
}

extension ChatLines {
  /// Waits for a line, or for a text between two `"""`, which may have several.
  func nextText() -> ChatLineInput {
    let first = next(isWithin: false)
    guard case .line(let line) = first else { return first }
    let opened = line.drop(while: \.isWhitespace)
    guard opened.hasPrefix(Self.quotes) else { return first }
    var rest = opened.dropFirst(Self.quotes.count)
    var lines: [Substring] = []
    while true {
      if let end = rest.range(of: Self.quotes) {
        lines.append(rest[..<end.lowerBound])
        return .line(lines.joined(separator: "\n").trimmingCharacters(in: .newlines))
      }
      lines.append(rest)
      switch next(isWithin: true) {
      case .line(let more): rest = Substring(more)
      case .interrupted: return .interrupted
      case .end: return .line(lines.joined(separator: "\n"))
      }
    }
  }

  private static var quotes: String { "\"\"\"" }
}
