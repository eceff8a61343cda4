import Files
import Foundation

/// A path as people write it.
enum TypedPath {
  /// The path that a word means: of a `file:` address, from the home folder, or as it is.
  static func path(_ word: String) -> String {
    if word.lowercased().hasPrefix("file:"), let url = URL(string: word), url.isFileURL {
      return url.path(percentEncoded: false)
    }
    return word == "~" || word.hasPrefix("~/") ? Environment.home.path + word.dropFirst() : word
  }

  /// Whether a word names a file or a pipe that exists, or at least ends as a file's name does.
  static func looksLikeFile(_ word: String) -> Bool { isFile(word) || hasEnding(word) }

  /// Whether a file or a pipe has this path.
  static func isFile(_ path: String) -> Bool {
    [.file, .pipe].contains(FileSystem.kind(of: path))
  }

  /// Whether a word ends as a file's name does.
  static func hasEnding(_ word: String) -> Bool {
    word.wholeMatch(of: /[\s\S]*\.[A-Za-z][A-Za-z0-9]{2,3}/) != nil
  }
}
