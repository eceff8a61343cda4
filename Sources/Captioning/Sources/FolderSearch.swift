import Files

/// Searches a folder and its subfolders for pictures by the endings of their names.
struct FolderSearch {
  private(set) var files: [(name: String, path: String)] = []
  private(set) var unreadableFolders: [String] = []
  private(set) var unreadableNames: [String] = []
  private(set) var leftOut: [String: Int] = [:]
  private let takesDocuments: Bool

  /// - Parameter takesDocuments: whether files of pages count as pictures.
  init(takesDocuments: Bool) { self.takesDocuments = takesDocuments }

  /// Adds what is in a folder, in the order of names; `label` stands in front of the names.
  mutating func search(_ folder: String, label: String) {
    guard let names = try? FileSystem.list(folder) else {
      unreadableFolders.append(folder)
      return
    }
    for name in names.sorted(by: NameOrder.precedes(_:_:)) {
      guard !name.utf8.starts(with: ".".utf8) else {
        leftOut["hidden", default: 0] += 1
        continue
      }
      let path = folder == "/" ? "/\(name)" : "\(folder)/\(name)"
      take(path, name: label.isEmpty ? name : "\(label)/\(name)")
    }
  }

  private mutating func take(_ path: String, name: String) {
    switch FileSystem.kind(of: path, followingLinks: false) {
    case nil where name.unicodeScalars.contains("\u{FFFD}"):
      unreadableNames.append(path)
    case .folder:
      search(path, label: name)
    case .link where FileSystem.kind(of: path) == .folder:
      leftOut["link to a folder", default: 0] += 1
    default:
      let kind = FileKind(path: name)
      if kind.isWanted(withDocuments: takesDocuments) {
        files.append((name, path))
      } else {
        leftOut[kind.name, default: 0] += 1
      }
    }
  }
}
