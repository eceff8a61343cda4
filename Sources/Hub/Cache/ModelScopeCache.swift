import Files
import Registry

/// One revision in the cache that modelscope keeps: plain files in
/// `models/{owner}--{name}/snapshots/{revision}/`.
struct ModelScopeCache: ModelCache {
  let hub = HubName.modelscope
  let repositoryFolder: String
  let revision: String

  init(root: String, repository: RepositoryID, revision: String) {
    repositoryFolder = "\(root)/models/\(repository.owner)--\(repository.name)"
    self.revision = revision
  }

  var snapshotFolder: String { "\(repositoryFolder)/snapshots/\(revision)" }
  /// Beside the snapshots, where no client looks for model files.
  var partialFolder: String { "\(repositoryFolder)/.incomplete" }

  func target(of file: RemoteFile) -> String { "\(snapshotFolder)/\(file.path)" }

  func contains(_ file: RemoteFile) -> Bool {
    FileSystem.fileSize(target(of: file)) == file.size
  }

  func prepare(for file: RemoteFile) throws(HubError) {
    _ = try onDisk(FileSystem.makeFolders([".incomplete"], below: repositoryFolder))
    _ = try onDisk(
      FileSystem.makeFolders(
        ["snapshots"] + revision.pathSegments + file.path.segments.dropLast(),
        below: repositoryFolder))
  }

  /// Files have their places from the start.
  var isSealed: Bool { true }

  func place(_ files: [RemoteFile]) {}

  func seal(_ listing: Listing) { FileSystem.removeEmptyFolder(partialFolder) }

  /// Where clients before modelscope 1.38 keep a repository; such a folder is read, never written.
  static func oldFolders(root: String, repository: RepositoryID) -> [String] {
    let masked = repository.name.replacing(".", with: "___")
    return ["models", "hub/models"].map { "\(root)/\($0)/\(repository.owner)/\(masked)" }
  }
}
