import Captioning
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

  /// Whether a word names a file or a pipe that exists, or is written as a file's name or address.
  static func looksLikeFile(_ word: String) -> Bool {
    isFile(word) || hasEnding(word) || isWebAddress(word)
  }

  /// Whether a file or a pipe has this path.
  static func isFile(_ path: String) -> Bool {
    [.file, .pipe].contains(FileSystem.kind(of: path))
  }

  /// Whether a word is an address on the web.
  static func isWebAddress(_ word: String) -> Bool {
    ["http://", "https://"].contains { word.lowercased().hasPrefix($0) }
  }

  /// Whether an address on the web ends as a picture's does.
  static func isPictureAddress(_ word: String) -> Bool {
    guard isWebAddress(word), let path = URL(string: word)?.path,
      case .picture = FileKind(path: path)
    else { return false }
    return true
  }

  /// Whether a word ends as a file's name does.
  static func hasEnding(_ word: String) -> Bool {
    word.wholeMatch(of: /[\s\S]*\.[A-Za-z][A-Za-z0-9]{2,3}/) != nil
  }
}
