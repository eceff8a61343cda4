import Files
import Imaging

/// Finds the pictures that paths stand for.
package struct PictureFinder: Sendable {
  /// Globs of names to take, and of names to leave out.
  package var included: [String] = []
  package var excluded: [String] = []
  /// Whether every page of a document is a picture of its own.
  package var takesAllPages = false
  /// The folder that names are relative to, in place of the argument's.
  package var base: String?
  /// The limits for archives.
  package var limits = ArchiveLimits.standard

  package init() {}

  /// Takes files as they are, searches folders with their subfolders, and lists archives.
  ///
  /// Hidden entries are left out, and links to folders are not followed.
  ///
  /// - Throws: `CaptioningError.missing` and `.outsideBase`.
  package func find(_ paths: [String]) throws(CaptioningError) -> FoundPictures {
    var found = FoundPictures()
    for path in paths {
      let given = path.utf8.count > 1 ? String(path.trimmingSuffix("/")) : path
      guard !path.isEmpty, let kind = FileSystem.kind(of: path) else { throw .missing(path: path) }
      let label = try label(of: given, isAlone: paths.count == 1, isFolder: kind == .folder)
      if kind == .folder {
        var search = FolderSearch(takesDocuments: takesAllPages)
        search.search(given, label: label)
        found.unreadableFolders += search.unreadableFolders
        found.unreadableNames += search.unreadableNames
        found.leftOut.merge(search.leftOut, uniquingKeysWith: +)
        found.items += search.files.map { CaptionItem(name: $0.name, place: .file(path: $0.path)) }
      } else if case .archive = FileKind(path: given) {
        list(PictureArchive(path: given, limits: limits), label: label, into: &found)
      } else {
        found.items.append(CaptionItem(name: label, place: .file(path: given)))
      }
    }
    choose(&found)
    if takesAllPages { found.items = found.items.flatMap(pages) }
    found.removeRepeated()
    return found
  }

  /// What stands in front of names from an argument: nothing for a folder alone, the last part of an
  /// archive's path alone, else the path.
  private func label(
    of path: String, isAlone: Bool, isFolder: Bool
  ) throws(CaptioningError) -> String {
    if let base { return try Self.relative(path, to: base) }
    if isAlone, isFolder { return "" }
    if isAlone, case .archive = FileKind(path: path) { return path.lastPathPart }
    return path.utf8.starts(with: "./".utf8) ? String(Substring(path.utf8.dropFirst(2))) : path
  }

  /// A path as it is seen from a folder that it lies in.
  private static func relative(_ path: String, to base: String) throws(CaptioningError) -> String {
    guard let folder = FileSystem.resolved(base), let whole = FileSystem.resolved(path) else {
      throw .outsideBase(path: path, base: base)
    }
    if whole == folder { return "" }
    let front = folder == "/" ? folder : folder + "/"
    guard whole.utf8.starts(with: front.utf8) else { throw .outsideBase(path: path, base: base) }
    return String(decoding: whole.utf8.dropFirst(front.utf8.count), as: UTF8.self)
  }

  // MARK: Archives

  private func list(
    _ archive: PictureArchive, label: String, into found: inout FoundPictures
  ) {
    let listing = archive.list()
    found.leftOut.merge(listing.leftOut, uniquingKeysWith: +)
    for member in listing.members {
      let kind = FileKind(path: member.name)
      guard kind.isWanted(withDocuments: false) else {
        found.leftOut[kind.name, default: 0] += 1
        continue
      }
      found.items.append(
        CaptionItem(
          name: label, member: member.name,
          place: member.problem.map { .refused($0) }
            ?? .member(of: archive, index: member.index, identity: member.identity)))
    }
    if let problem = listing.problem {
      found.items.append(CaptionItem(name: label, place: .refused(problem)))
    }
  }

  // MARK: Choosing

  private func choose(_ found: inout FoundPictures) {
    guard !included.isEmpty || !excluded.isEmpty else { return }
    let count = found.items.count
    found.items.removeAll { item in
      let name = item.name.string
      return !included.isEmpty && !included.contains { Glob.matches($0, name) }
        || excluded.contains { Glob.matches($0, name) }
    }
    if found.items.count < count {
      found.leftOut["not chosen", default: 0] += count - found.items.count
    }
  }

  /// The pages of a document; a picture as it is, and a file that cannot be read, which is told later.
  private func pages(of item: CaptionItem) -> [CaptionItem] {
    guard case .file(let path) = item.place, ["pdf", "tif", "tiff"].contains(path.pathEnding),
      let bytes = try? readFile(path, name: path), let count = try? pageCount(bytes, name: path),
      count > 1
    else { return [item] }
    return (0..<count).map(item.onPage)
  }
}

extension String {
  /// The text without one piece at its end, told apart by bytes.
  fileprivate func trimmingSuffix(_ suffix: String) -> Substring {
    var text = self[...]
    while text.utf8.count > suffix.utf8.count,
      text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    {
      text = text[..<text.utf8.index(text.endIndex, offsetBy: -suffix.utf8.count)]
    }
    return text
  }
}
