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
  package func repositories() -> [Repository] {
    huggingFace() + modelScope() + oldModelScope()
  }

  private func huggingFace() -> [Repository] {
    let root = settings.huggingFace.cacheRoot
    return FileSystem.names(in: root).compactMap { name in
      guard name.hasPrefix("models--"), let id = Self.id(String(name.dropFirst(8))) else {
        return nil
      }
      let folder = "\(root)/\(name)"
      let references = Self.references(in: "\(folder)/refs")
      let revisions = FileSystem.names(in: "\(folder)/snapshots").map { commit in
        revision(
          commit, names: references.filter { $0.commit == commit }.map(\.name),
          folder: "\(folder)/snapshots/\(commit)")
      }
      return repository(.huggingface, id, folder: folder, revisions: revisions)
    }
  }

  private func modelScope() -> [Repository] {
    let root = "\(settings.modelScope.cacheRoot)/models"
    return FileSystem.names(in: root).compactMap { name in
      guard let id = Self.id(name) else { return nil }
      let snapshots = "\(root)/\(name)/snapshots"
      let revisions = FileSystem.names(in: snapshots).map {
        revision($0, names: [$0], folder: "\(snapshots)/\($0)")
      }
      return repository(.modelscope, id, folder: "\(root)/\(name)", revisions: revisions)
    }
  }

  private func oldModelScope() -> [Repository] {
    ["models", "hub/models"].flatMap { place -> [Repository] in
      let root = "\(settings.modelScope.cacheRoot)/\(place)"
      return FileSystem.names(in: root).flatMap { owner -> [Repository] in
        FileSystem.names(in: "\(root)/\(owner)").compactMap { masked in
          let folder = "\(root)/\(owner)/\(masked)"
          guard FileSystem.fileSize("\(folder)/config.json") != nil,
            FileSystem.kind(of: folder, followingLinks: false) == .folder,
            let id = try? RepositoryID("\(owner)/\(masked.replacing("___", with: "."))")
          else { return nil }
          let only = revision("master", names: ["master"], folder: folder)
          return repository(.modelscope, id, folder: folder, revisions: [only])
        }
      }
    }
  }

  private func repository(
    _ hub: HubName, _ id: RepositoryID, folder: String, revisions: [Revision]
  ) -> Repository {
    let all = FolderSize(of: folder)
    return Repository(
      hub: hub, id: id, folder: folder, revisions: revisions, sizeBytes: all.bytes,
      partialBytes: all.partialBytes)
  }

  private func revision(_ commit: String, names: [String], folder: String) -> Revision {
    let size = FolderSize(of: folder)
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
  ) -> [(name: String, commit: String)] {
    FileSystem.names(in: folder).flatMap { name -> [(name: String, commit: String)] in
      let path = "\(folder)/\(name)"
      if FileSystem.kind(of: path, followingLinks: false) == .folder {
        return references(in: path, prefix: "\(prefix)\(name)/")
      }
      return readSmallFile(path).map { [(prefix + name, $0)] } ?? []
    }
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

  init(of folder: String) { add(folder, depth: 0) }

  private mutating func add(_ folder: String, depth: Int) {
    guard depth < 64 else { return }
    for name in FileSystem.names(in: folder) {
      let path = "\(folder)/\(name)"
      if FileSystem.kind(of: path, followingLinks: false) == .folder {
        add(path, depth: depth + 1)
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
