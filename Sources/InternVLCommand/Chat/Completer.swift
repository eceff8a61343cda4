import Files
import Foundation

/// Finds what Tab adds to a line: names of commands, of settings, and of files.
final class Completer {
  struct Completion: Equatable {
    /// What is certain to follow.
    var added = ""
    /// What may follow, where that is not certain.
    var candidates: [String] = []
  }

  /// Completes the text before the cursor; a word that is no path is left alone.
  func complete(_ before: String) -> Completion {
    let command = before.split(maxSplits: 1, whereSeparator: \.isWhitespace).first ?? ""
    let isFirst = !before.contains(where: \.isWhitespace)
    if isFirst, command.hasPrefix("/"), !command.dropFirst().contains("/") {
      let names = ChatCommand.allCases.map { "/\($0.rawValue)" }
      let completion = Self.completion(of: String(command), among: names, end: " ")
      if completion != Completion() { return completion }
    }
    let known = command.hasPrefix("/") ? ChatCommand(name: command.dropFirst()) : nil
    if known == .set {
      let word = before.split(separator: " ", omittingEmptySubsequences: false).last ?? ""
      return Self.completion(of: String(word), among: ChatSettings.names, end: " ")
    }
    let takesPaths = [.image, .save, .load].contains(known) && !isFirst
    return paths(UnfinishedWord(before), isPath: takesPaths)
  }

  private func paths(_ word: UnfinishedWord, isPath: Bool) -> Completion {
    guard isPath || word.quote != nil || word.text.hasPrefix("~") || word.text.contains("/") else {
      return Completion()
    }
    let parts = word.text.split(separator: "/", omittingEmptySubsequences: false)
    let prefix = String(parts.last ?? "")
    let folder = word.text.dropLast(prefix.count)
    let path = TypedPath.path(folder.isEmpty ? "." : String(folder))
    let names = ((try? FileSystem.names(in: path)) ?? []).filter {
      $0.hasPrefix(prefix) && ($0.hasPrefix(".") == prefix.hasPrefix("."))
    }.map { FileSystem.kind(of: "\(path)/\($0)") == .folder ? $0 + "/" : $0 }
    var completion = Self.completion(of: prefix, among: names, end: "")
    if names.count == 1, completion.added.last != "/", !names[0].hasSuffix("/") {
      completion.added = word.escaped(completion.added) + word.end
    } else {
      completion.added = word.escaped(completion.added)
    }
    return completion
  }

  /// What all names that begin with `prefix` go on with.
  private static func completion(
    of prefix: String, among names: [String], end: String
  ) -> Completion {
    let fitting = names.filter { $0.hasPrefix(prefix) }
    guard var common = fitting.first else { return Completion() }
    for name in fitting { common = common.commonPrefix(with: name) }
    let added = String(common.dropFirst(prefix.count))
    return fitting.count == 1
      ? Completion(added: added + end) : Completion(added: added, candidates: fitting)
  }
}

/// The word that a line ends with, as far as it is typed.
private struct UnfinishedWord {
  /// Without quotes and backslashes.
  private(set) var text = ""
  /// The quote that is open.
  private(set) var quote: Character?

  init(_ line: String) {
    var rest = line[...]
    var isStart = true
    while let character = rest.popFirst() {
      switch (character, quote) {
      case ("'", nil) where isStart, ("\"", nil) where isStart: quote = character
      case (_, character): quote = nil
      case ("\\", nil): text += rest.popFirst().map(String.init) ?? ""
      case (_, nil) where character.isWhitespace:
        text = ""
        isStart = true
        continue
      default: text.append(character)
      }
      isStart = false
    }
  }

  /// What ends the word.
  var end: String { (quote.map(String.init) ?? "") + " " }

  /// A text as it has to stand in the word.
  func escaped(_ text: String) -> String {
    guard quote == nil else { return text }
    return text.map { " ()'\"\\&;".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}
