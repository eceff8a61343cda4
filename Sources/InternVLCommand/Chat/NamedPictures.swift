import Foundation

/// The pictures that a line names, and the text that is left of it.
struct NamedPictures: Equatable {
  /// Paths of files, and addresses on the web; files that do not exist are mistakes.
  var paths: [String] = []
  var text = ""
  /// What looks like a file's path and is none; it stays text.
  var missing: [String] = []

  /// What stands behind `/image`: paths, and perhaps a question behind them.
  ///
  /// A path with spaces needs neither quotes nor backslashes where the file exists.
  init(command argument: String, exists: (String) -> Bool = TypedPath.isFile) {
    let words = ShellWords(argument).words
    var next = 0
    while next < words.count, let end = Self.path(in: argument, words[next...], exists: exists) {
      paths.append(end.path)
      next = end.next
    }
    if paths.isEmpty, let first = words.first {
      // The first that ends as a file's name does is what was meant.
      let last = words.first { TypedPath.hasEnding($0.text) } ?? words[words.count - 1]
      let isOne = last.range == first.range
      paths = [
        TypedPath.path(
          isOne ? first.text : String(argument[first.range.lowerBound..<last.range.upperBound]))
      ]
      next = words.firstIndex { $0.range == last.range }.map { $0 + 1 } ?? words.count
    }
    text = next < words.count ? String(argument[words[next].range.lowerBound...]) : ""
  }

  /// A question that may name pictures.
  ///
  /// Those in front of it are taken out of the text; others stay, as words of the question. An address on
  /// the web counts in front, and where it ends as a picture's does.
  init(question: String, exists: (String) -> Bool = TypedPath.isFile) {
    var start = question.startIndex
    for word in ShellWords(question).words {
      let isInFront = question[start..<word.range.lowerBound].allSatisfy(\.isWhitespace)
      let name =
        isInFront && exists(TypedPath.path(word.text))
        ? word.text : Self.withoutPunctuation(word.text)
      if isInFront ? TypedPath.isWebAddress(word.text) : TypedPath.isPictureAddress(name) {
        paths.append(isInFront ? word.text : name)
        if isInFront { start = word.range.upperBound }
        continue
      }
      let path = TypedPath.path(name)
      guard Self.looksLikePath(name) || TypedPath.hasEnding(name) else { continue }
      if exists(path) {
        paths.append(path)
        if isInFront, name == word.text { start = word.range.upperBound }
      } else if Self.looksLikePath(name), TypedPath.hasEnding(name) {
        missing.append(name)
      }
    }
    text = question[start...].trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The path that some words begin with, and the number of the word behind it.
  private static func path(
    in line: String, _ words: ArraySlice<ShellWords.Word>, exists: (String) -> Bool
  ) -> (path: String, next: Int)? {
    guard let first = words.first else { return nil }
    if TypedPath.isWebAddress(first.text) { return (first.text, words.startIndex + 1) }
    if exists(TypedPath.path(first.text)) {
      return (TypedPath.path(first.text), words.startIndex + 1)
    }
    for (index, word) in zip(words.indices, words).dropFirst().prefix(16) {
      let path = TypedPath.path(String(line[first.range.lowerBound..<word.range.upperBound]))
      if exists(path) { return (path, index + 1) }
    }
    return nil
  }

  private static func looksLikePath(_ word: String) -> Bool {
    ["/", "~/", "./", "../", "file:/"].contains { word.lowercased().hasPrefix($0) }
  }

  /// A word without what a sentence puts behind it.
  private static func withoutPunctuation(_ word: String) -> String {
    String(word.reversed().drop { ".,;:!?)\"'".contains($0) }.reversed())
  }
}
