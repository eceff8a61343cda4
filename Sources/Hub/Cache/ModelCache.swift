import Registry

/// Where one revision of a repository lies in a hub's cache.
protocol ModelCache: Sendable {
  var hub: HubName { get }
  /// The folder that the program loads the model from.
  var snapshotFolder: String { get }
  /// Where partial files go.
  var partialFolder: String { get }

  /// Where a file's bytes are, or would be after a download.
  func target(of file: RemoteFile) -> String

  /// Whether a file of the right size is in its place; its content is not looked at.
  func contains(_ file: RemoteFile) -> Bool

  /// Makes the folders that a file's target and its place in the snapshot need.
  func prepare(for file: RemoteFile) throws(HubError)

  /// Whether a download of this revision came to its end, which is when files get their places.
  var isSealed: Bool { get }

  /// Gives files whose targets are there their places in the snapshot.
  func place(_ files: [RemoteFile]) throws(HubError)

  /// Writes down what the revision stands for, once all of the wanted files are there.
  func seal(_ listing: Listing) throws(HubError)
}

extension HubSettings {
  /// The cache of a hub for one revision.
  ///
  /// `commit` is the commit at Hugging Face, the revision's name at ModelScope.
  func cache(_ hub: HubName, repository: RepositoryID, commit: String) -> any ModelCache {
    switch hub {
    case .huggingface:
      HuggingFaceCache(
        root: huggingFace.cacheRoot, repository: repository, commit: commit,
        avoidsLinks: avoidsLinks)
    case .modelscope:
      ModelScopeCache(root: modelScope.cacheRoot, repository: repository, revision: commit)
    }
  }
}
