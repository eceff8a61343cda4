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
}
