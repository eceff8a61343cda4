import Files
import FoundationEssentials
package import Registry

/// What both hubs' caches hold, whoever put it there.
package struct CacheInventory: Sendable {
  /// A repository in a cache.
  package struct Repository: Sendable {
    package let hub: HubName
    package let id: RepositoryID
    /// The folder that holds all of it.
    package let folder: String
    package let revisions: [Revision]
    /// What it takes on the disk, content that several revisions share counted once.
    package let sizeBytes: Int64
    /// The part of it that interrupted downloads left.
    package let partialBytes: Int64
  }

  /// One revision of a repository.
  package struct Revision: Sendable {
    /// The commit at Hugging Face, the revision's name at ModelScope.
    package let commit: String
    /// Branches and tags that stand for it.
    package let names: [String]
    package let folder: String
    package let files: Int
    package let sizeBytes: Int64
  }

  let settings: HubSettings

  package init(settings: HubSettings) { self.settings = settings }

  /// All repositories, Hugging Face's first, in the order of their names.
  ///
  /// - Throws: also where a folder of a cache cannot be read.
  package func repositories() throws(HubError) -> [Repository] {
    try onDisk(huggingFace() + modelScope() + oldModelScope())
  }

  private func huggingFace() throws(FileError) -> [Repository] {
    let root = settings.huggingFace.cacheRoot
    var found: [Repository] = []
    for name in try FileSystem.names(in: root) where name.hasPrefix("models--") {
      guard let id = Self.id(String(name.dropFirst(8))) else { continue }
      let folder = "\(root)/\(name)"
      let references = try Self.references(in: "\(folder)/refs")
      let revisions = try FileSystem.names(in: "\(folder)/snapshots").map {
        (commit) throws(FileError) in
        try revision(
          commit, names: references.filter { $0.commit == commit }.map(\.name),
          folder: "\(folder)/snapshots/\(commit)")
      }
      found.append(try repository(.huggingface, id, folder: folder, revisions: revisions))
    }
    return found
  }

  private func modelScope() throws(FileError) -> [Repository] {
    let root = "\(settings.modelScope.cacheRoot)/models"
    var found: [Repository] = []
    for name in try FileSystem.names(in: root) {
      guard let id = Self.id(name) else { continue }
      let snapshots = "\(root)/\(name)/snapshots"
      let revisions = try FileSystem.names(in: snapshots).map { (commit) throws(FileError) in
        try revision(commit, names: [commit], folder: "\(snapshots)/\(commit)")
      }
      found.append(
        try repository(.modelscope, id, folder: "\(root)/\(name)", revisions: revisions))
    }
    return found
  }

  private func oldModelScope() throws(FileError) -> [Repository] {
    var found: [Repository] = []
    for place in ["models", "hub/models"] {
      let root = "\(settings.modelScope.cacheRoot)/\(place)"
      for owner in try FileSystem.names(in: root) {
        for masked in try FileSystem.names(in: "\(root)/\(owner)") {
          let folder = "\(root)/\(owner)/\(masked)"
          guard FileSystem.fileSize("\(folder)/config.json") != nil,
            FileSystem.kind(of: folder, followingLinks: false) == .folder,
            let id = try? RepositoryID("\(owner)/\(masked.replacing("___", with: "."))")
          else { continue }
          let only = try revision("master", names: ["master"], folder: folder)
          found.append(try repository(.modelscope, id, folder: folder, revisions: [only]))
        }
      }
    }
    return found
  }

  private func repository(
    _ hub: HubName, _ id: RepositoryID, folder: String, revisions: [Revision]
  ) throws(FileError) -> Repository {
    let all = try FolderSize(of: folder)
    return Repository(
      hub: hub, id: id, folder: folder, revisions: revisions, sizeBytes: all.bytes,
      partialBytes: all.partialBytes)
  }

  private func revision(
    _ commit: String, names: [String], folder: String
  ) throws(FileError) -> Revision {
    let size = try FolderSize(of: folder)
    return Revision(
      commit: commit, names: names, folder: folder, files: size.files, sizeBytes: size.bytes)
  }

  /// Reads "owner--name"; an owner's name has no "--", so the first one is the border.
  private static func id(_ folderName: String) -> RepositoryID? {
    guard let border = folderName.firstRange(of: "--") else { return nil }
    return try? RepositoryID(
      "\(folderName[..<border.lowerBound])/\(folderName[border.upperBound...])")
  }

  /// Branches and tags with the commits they stand for.
  private static func references(
    in folder: String, prefix: String = ""
  ) throws(FileError) -> [(name: String, commit: String)] {
    var found: [(name: String, commit: String)] = []
    for name in try FileSystem.names(in: folder) {
      let path = "\(folder)/\(name)"
      if FileSystem.kind(of: path, followingLinks: false) == .folder {
        found += try references(in: path, prefix: "\(prefix)\(name)/")
      } else if let commit = readSmallFile(path) {
        found.append((prefix + name, commit))
      }
    }
    return found
  }
}

/// The files below a folder and what they take; each counts once, however many links lead to it.
///
/// Links to folders are not followed.
struct FolderSize {
  private(set) var files = 0
  private(set) var bytes: Int64 = 0
  private(set) var partialBytes: Int64 = 0
  private var seen: Set<FileStatus.Identity> = []

  init(of folder: String) throws(FileError) { try add(folder, depth: 0) }

  private mutating func add(_ folder: String, depth: Int) throws(FileError) {
    guard depth < 64 else { return }
    for name in try FileSystem.names(in: folder) {
      let path = "\(folder)/\(name)"
      if FileSystem.kind(of: path, followingLinks: false) == .folder {
        try add(path, depth: depth + 1)
      } else if let size = FileSystem.fileSize(path) {
        files += 1
        guard let identity = (try? FileStatus(path))?.identity, seen.insert(identity).inserted
        else {
          continue
        }
        bytes += size
        if name.hasSuffix(".incomplete") { partialBytes += size }
      }
    }
  }
}
