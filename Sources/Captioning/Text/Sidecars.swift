import Files
import Foundation

/// The text file beside an image that holds its caption.
enum Sidecar {
  /// Where the captions of images go: the image's name with the ending `.txt`.
  ///
  /// Where two images of a folder would share it, as `a.jpg` and `a.png` would, they keep their
  /// endings: `a.jpg.txt`.
  static func files(for images: [URL]) -> [URL: URL] {
    var stems: [String: Int] = [:]
    for image in images { stems[image.deletingPathExtension().path, default: 0] += 1 }
    var files: [URL: URL] = [:]
    for image in images {
      let isShared = stems[image.deletingPathExtension().path, default: 0] > 1
      files[image] = (isShared ? image : image.deletingPathExtension()).appendingPathExtension(
        "txt")
    }
    return files
  }

  static func text(_ file: URL) -> String? {
    try? String(contentsOf: file, encoding: .utf8)
  }

  /// Writes the caption and a line feed, in one step: never half a file.
  static func write(_ caption: String, to file: URL) throws(CaptioningError) {
    do throws(FileError) {
      try FileSystem.replace(file.path) { text throws(FileError) in
        try text.append(content(caption))
      }
    } catch {
      throw .output(error)
    }
  }

  static func content(_ caption: String) -> String { caption + "\n" }
}
