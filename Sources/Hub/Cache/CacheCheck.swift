import Files
import FoundationEssentials
package import Registry

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What is wrong with one cached file.
package enum FileFault: Sendable, Equatable {
  case missing
  case wrongSize(expected: Int64, found: Int64)
  case wrongHash(expected: String, found: String)
}

/// The result of hashing all files of a cached revision.
package struct RevisionCheck: Sendable {
  package let repository: RepositoryID
  package let hub: HubName
  package let revision: CacheInventory.Revision
  /// Paths with what is wrong with them; files that were never here are not among them.
  package let faults: [(path: String, fault: FileFault)]
  /// How many files were found right.
  package let intactFiles: Int
  /// Files that nothing says the hash of.
  package let uncheckedFiles: [String]
  /// Files of the full listing that were never here.
  package let absentFiles: [String]
}

extension CacheInventory {
  /// Hashes every file of a cached revision whose hash is known: from the listing, else from the
  /// names that Hugging Face's cache gives to contents.
  package func verify(
    _ revision: Revision, of repository: Repository, cancellation: Cancellation,
    listener: HubListener
  ) throws(HubError) -> RevisionCheck {
    var expected: [String: ContentHash] = [:]
    var sizes: [String: Int64] = [:]
    for file in listing(of: revision, in: repository)?.files ?? [] {
      (expected[file.path.text], sizes[file.path.text]) = (file.hash, file.size)
    }
    let places = try places(of: revision, in: repository)
    var faults: [(path: String, fault: FileFault)] = []
    var unchecked: [String] = []
    var intact = 0
    for (path, place) in places.sorted(by: { $0.key < $1.key }) {
      try cancellation.check()
      guard let hash = expected[path] ?? Self.hashInName(place) else {
        unchecked.append(path)
        continue
      }
      listener(.checking(path: path))
      if let fault = try check(place, hash: hash, size: sizes[path], cancellation: cancellation) {
        faults.append((path, fault))
      } else {
        intact += 1
      }
    }
    let absent = expected.keys.filter { places[$0] == nil }.sorted()
    let known = SnapshotRecord(of: revision.folder, in: settings.stateFolder).checked
    return RevisionCheck(
      repository: repository.id, hub: repository.hub, revision: revision,
      faults: faults + absent.filter { known[$0] != nil }.map { ($0, .missing) },
      intactFiles: intact, uncheckedFiles: unchecked,
      absentFiles: absent.filter { known[$0] == nil })
  }

  /// Verifies a repository and removes the files that are damaged, so that the next download
  /// fetches them again, and what interrupted downloads of it left.
  ///
  /// What a link leads to outside of the repository's folder is the user's and stays.
  /// Waits for a download of this program. A partial file that was written to a short while ago
  /// stays: another client may be at work on it.
  package func repair(
    _ repository: Repository, cancellation: Cancellation, listener: HubListener
  ) throws(HubError) -> [RevisionCheck] {
    let lock = try settings.lock(
      repository.hub, repository.id, cancellation: cancellation, listener: listener)
    defer { withExtendedLifetime(lock) {} }
    var checks: [RevisionCheck] = []
    for revision in repository.revisions {
      let check = try verify(
        revision, of: repository, cancellation: cancellation, listener: listener)
      let places = try places(of: revision, in: repository)
      for (path, fault) in check.faults where fault != .missing {
        if let place = places[path] { Self.removeContent(place, of: repository) }
      }
      checks.append(check)
    }
    Staging.removeAbandoned(
      in: partialFolder(of: repository), olderThanSeconds: Self.longestSilence)
    return checks
  }

  /// Where the files of a revision are, by their paths; files of a download that has not come to its
  /// end may have no place in the snapshot yet.
  private func places(
    of revision: Revision, in repository: Repository
  ) throws(HubError) -> [String: String] {
    var places: [String: String] = [:]
    for path in try onDisk(Self.paths(in: revision.folder)) {
      places[path] = "\(revision.folder)/\(path)"
    }
    let cache = settings.cache(
      repository.hub, repository: repository.id, commit: revision.commit)
    guard !cache.isSealed else { return places }
    for file in listing(of: revision, in: repository)?.files ?? [] {
      let target = cache.target(of: file)
      guard places[file.path.text] == nil, FileSystem.fileSize(target) != nil else { continue }
      places[file.path.text] = target
    }
    return places
  }

  /// Where a repository's unfinished files are.
  func partialFolder(of repository: Repository) -> String {
    settings.cache(repository.hub, repository: repository.id, commit: "").partialFolder
  }

  /// How long a partial file may rest before it counts as abandoned.
  private static let longestSilence: Int64 = 600

  /// Removes a file of a repository, and the content in `blobs/` that it links to.
  private static func removeContent(_ place: String, of repository: Repository) {
    guard let root = FileSystem.resolved(repository.folder),
      let folder = FileSystem.resolved(FileSystem.parent(of: place)),
      "\(folder)/".utf8.starts(with: "\(root)/".utf8)
    else { return }
    if let content = FileSystem.resolved(place), FileSystem.parent(of: content) == "\(root)/blobs" {
      FileSystem.removeFile(content)
    }
    FileSystem.removeFile(place)
  }

  /// Removes a repository with all its revisions, after a download of this program has ended.
  package func remove(
    _ repository: Repository, cancellation: Cancellation, listener: HubListener
  ) throws(HubError) {
    let lock = try settings.lock(
      repository.hub, repository.id, cancellation: cancellation, listener: listener)
    defer { withExtendedLifetime(lock) {} }
    do {
      try FileManager.default.removeItem(atPath: repository.folder)
    } catch {
      throw .obstructed(
        path: repository.folder, .unremovable(reason: Self.reason(error)))
    }
  }

  /// The system's words for a failure of Foundation's, which has none for people.
  private static func reason(_ error: any Error) -> String {
    guard let cause = (error as? CocoaError)?.underlying as? POSIXError else {
      return "the system refuses"
    }
    return "\(FileError.Reason.system(code: cause.code.rawValue))"
  }

  private func listing(of revision: Revision, in repository: Repository) -> Listing? {
    guard
      let model = try? RemoteModel(
        hub: repository.hub, id: repository.id.description, revision: revision.commit)
    else { return nil }
    return LocalModels(settings: settings).listing(of: model, commit: revision.commit)
  }

  private func check(
    _ path: String, hash: ContentHash, size: Int64?, cancellation: Cancellation
  ) throws(HubError) -> FileFault? {
    guard let found = FileSystem.fileSize(path) else { return .missing }
    if let size, size != found { return .wrongSize(expected: size, found: found) }
    let content = try FileHash.hash(path, like: hash, size: found, cancellation: cancellation)
    return content == hash ? nil : .wrongHash(expected: hash.hex, found: content.hex)
  }

  /// The hash that a link into `blobs/` promises.
  private static func hashInName(_ path: String) -> ContentHash? {
    FileSystem.destination(ofLink: path)
      .flatMap { $0.split(separator: "/").last }
      .flatMap { ContentHash(String($0)) }
  }

  /// Files and links below a folder, by their paths from there; hidden files of other clients and
  /// unsafe names are left out.
  private static func paths(
    in folder: String, prefix: String = ""
  ) throws(FileError) -> [String] {
    var paths: [String] = []
    for name in try FileSystem.names(in: folder) {
      let path = prefix + name
      switch FileSystem.kind(of: "\(folder)/\(name)", followingLinks: false) {
      case .folder: paths += try self.paths(in: "\(folder)/\(name)", prefix: "\(path)/")
      case .file, .link:
        let isOthersNote = prefix.isEmpty && [".msc", ".mdl", ".mv"].contains(name)
        if !isOthersNote, (try? RemotePath(path)) != nil { paths.append(path) }
      default: break
      }
    }
    return paths
  }
}

extension FileFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing: "is missing"
    case .wrongSize(let expected, let found): "has \(found) bytes instead of \(expected)"
    case .wrongHash(let expected, let found): "has the hash \(found) instead of \(expected)"
    }
  }
}
