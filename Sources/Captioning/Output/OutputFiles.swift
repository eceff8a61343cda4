import Files

/// The files that a run writes.
package enum OutputFiles {
  /// Checks that no two of a run's files are one, and that none is a file that the run reads.
  ///
  /// Links are followed. Devices and pipes may be named twice.
  ///
  /// - Parameters:
  ///   - targets: the files that are written, which may be missing yet.
  ///   - inputs: other files that are read.
  ///   - items: the pictures that were found.
  /// - Throws: `CaptioningError.overwritesInput` and `.sameOutput`.
  package static func check(
    _ targets: [String], inputs: [String], items: [CaptionItem]
  ) throws(CaptioningError) {
    var places: Set<Place> = []
    for target in targets {
      guard let place = Place(target) else { continue }
      guard places.insert(place).inserted else { throw .sameOutput(file: target) }
    }
    // A file that is missing yet is no input.
    let files = targets.filter { FileSystem.kind(of: $0) == .file }
    guard !files.isEmpty else { return }
    let paths = Set((inputs + items.compactMap(\.file)).map { ExactText($0) })
    let read = Set(paths.compactMap { Place($0.string) })
    for file in files {
      if let place = Place(file), read.contains(place) { throw .overwritesInput(file: file) }
    }
  }

  /// Tells files apart, whatever names and links lead to them.
  private enum Place: Hashable {
    case here(FileStatus.Identity)
    case missing(ExactText)

    /// Nil for what is no file.
    init?(_ path: String) {
      if let status = try? FileStatus(path) {
        guard status.kind == .file else { return nil }
        self = .here(status.identity)
      } else {
        let folder = FileSystem.parent(of: path)
        let resolved = FileSystem.resolved(folder) ?? folder
        self = .missing(ExactText("\(resolved)/\(path.lastPathPart)"))
      }
    }
  }
}

extension CaptionItem {
  /// The file that the picture is, or whose member it is.
  fileprivate var file: String? {
    switch place {
    case .file(let path): path
    case .member(let archive, _, _): archive.path
    case .memory, .refused: nil
    }
  }
}
