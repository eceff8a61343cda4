import Files

/// What a file's name says that it is.
package enum FileKind {
  case picture
  /// Has pages, and counts as a picture where all pages are wanted.
  case document
  case archive
  /// What else it is, in a word or two.
  case other(String)

  package init(path: String) {
    let ending = path.pathEnding
    self =
      if Self.pictures.contains(ending) {
        .picture
      } else if ending == "pdf" {
        .document
      } else if Self.archives.contains(where: { path.lowercased().hasSuffix($0) }) {
        .archive
      } else {
        .other(Self.names[ending] ?? (ending.isEmpty ? "without an ending" : ".\(ending)"))
      }
  }

  /// What the names of pictures end in.
  ///
  /// Whether the content is a picture is only known once it is read.
  static let pictures: Set = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "bmp", "heic", "heif",
    "avif",
  ]

  private static let archives = [
    ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.xz", ".txz", ".tar.bz2", ".zip", ".cbz",
    ".7z",
  ]

  /// Endings that people take for pictures, or that stand beside pictures often.
  private static let names: [String: String] = {
    var names = ["jxl": "JPEG XL", "svg": "SVG", "psd": "Photoshop"]
    for ending in ["jp2", "j2k", "jpx", "jpf"] { names[ending] = "JPEG 2000" }
    for ending in ["cr2", "cr3", "nef", "arw", "dng", "raf", "orf", "rw2"] {
      names[ending] = "camera raw"
    }
    for ending in ["mp4", "mov", "avi", "mkv", "webm", "m4v"] { names[ending] = "video" }
    return names
  }()

  /// Whether files of the kind are captioned; documents count where all pages are wanted.
  func isWanted(withDocuments: Bool) -> Bool {
    switch self {
    case .picture: true
    case .document: withDocuments
    case .archive, .other: false
    }
  }

  /// What it is called when it is left out.
  var name: String {
    switch self {
    case .picture: "picture"
    case .document: "PDF"
    case .archive: "archive"
    case .other(let name): name
    }
  }
}
