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
    do {
      try Data(content(caption).utf8).write(to: file, options: .atomic)
    } catch {
      let system = (error as NSError).userInfo[NSUnderlyingErrorKey] as? POSIXError
      let reason = system.map { String(cString: strerror($0.code.rawValue)) }
      throw .output(file: file.path, reason: reason ?? "not allowed, or the disk is full")
    }
  }

  static func content(_ caption: String) -> String { caption + "\n" }
}
