import Foundation
import Registry

/// What a line that the user typed means.
enum ChatInput: Equatable {
  case nothing
  case question(String)
  /// A command and what stands behind it.
  case command(ChatCommand, String)
  /// A command that does not exist, and one that may have been meant.
  case unknown(String, suggestion: String?)

  init(_ line: String) {
    let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty else {
      self = .nothing
      return
    }
    guard text.hasPrefix("/") else {
      self = ["exit", "quit"].contains(text.lowercased()) ? .command(.exit, "") : .question(text)
      return
    }
    let parts = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    let word = parts[0].dropFirst()
    if let command = ChatCommand(name: word) {
      let argument = parts.count > 1 ? String(parts[1]) : ""
      self = .command(command, argument.trimmingCharacters(in: .whitespacesAndNewlines))
    } else if word.contains(where: { $0 == "/" || $0 == "." }) {
      self = .question(text)  // a path
    } else {
      let names = ChatCommand.allCases.map(\.rawValue)
      self = .unknown(
        String(parts[0]), suggestion: NearestName.of(String(word), among: names).map { "/\($0)" })
    }
  }
}
