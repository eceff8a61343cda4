import Files

/// The pictures that some paths stand for, and what was passed over.
package struct FoundPictures: Sendable, Equatable {
  /// Each once; in the order of the paths, those of a folder by name, with numbers in names as numbers:
  /// `2.png` before `10.png`.
  package var items: [CaptionItem] = []
  /// Folders that could not be listed.
  package var unreadableFolders: [String] = []
  /// Files and folders whose names are not UTF-8, with U+FFFD for what is wrong.
  package var unreadableNames: [String] = []
  /// How many entries of folders and archives were left out, by kind: "PDF", "hidden".
  package var leftOut: [String: Int] = [:]

  package init() {}

  /// "3 PDF, 1 hidden", the most frequent kind first; nil where nothing was left out.
  package var leftOutSummary: String? {
    guard !leftOut.isEmpty else { return nil }
    return leftOut.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($1) \($0)" }.joined(separator: ", ")
  }

  /// Takes each file once, by the bytes of its path.
  mutating func removeRepeated() {
    var seen: Set<ExactText> = []
    items.removeAll { item in
      let page = item.page.map { "#\($0)" } ?? ""
      return !seen.insert(ExactText(item.place.key + page)).inserted
    }
  }
}

extension CaptionItem.Place {
  /// Tells places apart.
  fileprivate var key: String {
    switch self {
    case .file(let path): path
    case .member(let archive, let index, _): "\(archive.path)!\(index)"
    case .memory(let bytes): "=\(bytes.withUnsafeBytes { Digest.sha256($0) })"
    case .refused(let reason): "?\(reason)"
    }
  }
}
