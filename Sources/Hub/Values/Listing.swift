package import Registry

/// One file of a repository, as its hub lists it.
package struct RemoteFile: Sendable, Equatable {
  package let path: RemotePath
  package let size: Int64
  /// What the content must hash to.
  package let hash: ContentHash
  /// Hugging Face only: git's id of the file, or of the pointer that stands for a large one.
  var blobID: String?
  /// Hugging Face only: the id of the file in the other storage protocol.
  var xetHash: String?
}

/// The whole list of a repository's files at one revision.
package struct Listing: Sendable, Equatable {
  package let hub: HubName
  package let repository: RepositoryID
  /// The revision that was asked for.
  package let revision: Revision
  /// What it stood for: a commit id at Hugging Face, the revision itself at ModelScope.
  package let commit: String
  package let files: [RemoteFile]

  /// What all files together may take: more than any model, less than what overflows in sums.
  private static let largestSize: Int64 = 1 << 50

  /// Checks what no honest listing has: one path twice, a file where a folder must be, or sizes
  /// that no disk holds.
  init(
    hub: HubName, repository: RepositoryID, revision: Revision, commit: String, files: [RemoteFile]
  ) throws(HubError) {
    var paths: Set<Substring> = []
    for file in files where !paths.insert(file.path.text[...]).inserted {
      throw .unsafeName(file.path.text, .listedTwice)
    }
    var room = Self.largestSize
    for file in files {
      let text = file.path.text
      guard (0...room).contains(file.size) else {
        throw .unsafeName(text, .impossibleSize)
      }
      room -= file.size
      let slashes = text.utf8.indices.filter { text.utf8[$0] == UInt8(ascii: "/") }
      for slash in slashes where paths.contains(text[..<slash]) {
        throw .unsafeName(text, .insideFile(String(text[..<slash])))
      }
    }
    (self.hub, self.repository, self.revision) = (hub, repository, revision)
    (self.commit, self.files) = (commit, files)
  }
}
