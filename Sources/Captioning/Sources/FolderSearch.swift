package import Foundation

/// The pictures that some paths stand for.
package struct FoundImages: Sendable, Equatable {
  /// Absolute, each once; in the order of the paths, those of a folder by name, with numbers in
  /// names as numbers: `2.png` before `10.png`.
  package var images: [URL] = []
  /// Folders that could not be listed.
  package var unreadableFolders: [String] = []
  /// Files and folders whose names are not UTF-8, with U+FFFD for what is wrong.
  package var unreadableNames: [String] = []
}

/// Finds pictures in files and folders.
package enum ImageFinder {
  /// What the names of pictures end in.
  ///
  /// Whether the content is a picture is only known once it is read.
  static let extensions: Set = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "bmp", "heic", "heif",
    "avif",
  ]

  /// Takes files as they are, and searches folders with their subfolders.
  ///
  /// Hidden entries are left out, and links to folders are not followed.
  package static func find(_ paths: [String]) throws(CaptioningError) -> FoundImages {
    var found = FoundImages()
    for path in paths {
      let url = URL(filePath: path).absoluteURL.standardizedFileURL
      var isFolder: ObjCBool = false
      guard !path.isEmpty,
        FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
      else {
        throw .missing(path: path)
      }
      if isFolder.boolValue {
        search(url.path, into: &found)
      } else {
        found.images.append(url)
      }
    }
    var seen: Set<String> = []
    found.images.removeAll { !seen.insert($0.path).inserted }
    return found
  }

  private static func search(_ folder: String, into found: inout FoundImages) {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      found.unreadableFolders.append(folder)
      return
    }
    for name in names.sorted(by: precedes) where !name.hasPrefix(".") {
      let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      if attributes == nil, name.unicodeScalars.contains("\u{FFFD}") {
        found.unreadableNames.append(path)
      } else if attributes?[.type] as? FileAttributeType == .typeDirectory {
        search(path, into: &found)
      } else if extensions.contains(URL(filePath: path).pathExtension.lowercased()) {
        found.images.append(URL(filePath: path))
      }
    }
  }

  /// Whether a name comes before another, also where they differ only in leading zeros.
  private static func precedes(_ name: String, _ other: String) -> Bool {
    switch name.compare(other, options: .numeric) {
    case .orderedAscending: true
    case .orderedDescending: false
    case .orderedSame: name < other
    }
  }
}
