import Files
import FoundationEssentials
import Registry

/// One commit in the cache that huggingface_hub keeps: content in `blobs/` under its hash, and
/// links to it in `snapshots/{commit}/`.
struct HuggingFaceCache: ModelCache {
  let hub = HubName.huggingface
  /// `models--{owner}--{name}`.
  let repositoryFolder: String
  let commit: String
  /// Put the files themselves into the snapshot.
  let avoidsLinks: Bool

  init(root: String, repository: RepositoryID, commit: String, avoidsLinks: Bool = false) {
    repositoryFolder = "\(root)/\(Self.folderName(repository))"
    self.commit = commit
    self.avoidsLinks = avoidsLinks
  }

  static func folderName(_ repository: RepositoryID) -> String {
    "models--\(repository.owner)--\(repository.name)"
  }

  /// The commit that a branch or tag stood for when it was last looked up.
  static func commit(
    of revision: Revision, root: String, repository: RepositoryID
  ) -> String? {
    if revision.isCommit { return revision.name }
    let text = readSmallFile("\(root)/\(folderName(repository))/refs/\(revision.name)")
    return text.flatMap { $0.isHex(count: 40) ? $0 : nil }
  }

  var snapshotFolder: String { "\(repositoryFolder)/snapshots/\(commit)" }
  var partialFolder: String { "\(repositoryFolder)/blobs" }
  /// For a moment, links and notes on their way; huggingface_hub ignores hidden names here.
  private var stagingFolder: String { "\(repositoryFolder)/.internvl" }

  private var treePath: String { "\(repositoryFolder)/trees/\(commit).json" }

  var isSealed: Bool { FileSystem.fileSize(treePath) != nil }

  private func blob(_ file: RemoteFile) -> String { "\(partialFolder)/\(file.hash.hex)" }
  private func pointer(_ file: RemoteFile) -> String { "\(snapshotFolder)/\(file.path)" }

  /// The blob's place as seen from the link's folder.
  private func linkTarget(_ file: RemoteFile) -> String {
    String(repeating: "../", count: file.path.segments.count + 1) + "blobs/\(file.hash.hex)"
  }

  func target(of file: RemoteFile) -> String {
    if avoidsLinks { return pointer(file) }
    // Where links do not work, an earlier run or another client left a plain file.
    if FileSystem.kind(of: pointer(file), followingLinks: false) == .file {
      return pointer(file)
    }
    return blob(file)
  }

  func contains(_ file: RemoteFile) -> Bool {
    guard FileSystem.fileSize(pointer(file)) == file.size else { return false }
    let destination = FileSystem.destination(ofLink: pointer(file))
    return destination == nil || destination == linkTarget(file)
  }

  func prepare(for file: RemoteFile) throws(HubError) {
    _ = try onDisk(FileSystem.makeFolders(["blobs"], below: repositoryFolder))
    _ = try onDisk(
      FileSystem.makeFolders(
        ["snapshots", commit[...]] + file.path.segments.dropLast(), below: repositoryFolder))
  }

  func place(_ files: [RemoteFile]) throws(HubError) {
    try place(files) { file throws(HubError) in
      try onDisk(
        FileSystem.placeLink(
          at: pointer(file), to: linkTarget(file), staging: stagingFolder))
    }
  }

  /// Gives files their places; where `link` says that there are no links, content moves to the
  /// first place that wants it and is copied to the others.
  func place(
    _ files: [RemoteFile], link: (RemoteFile) throws(HubError) -> Bool
  ) throws(HubError) {
    var moved: [ContentHash: String] = [:]
    for file in files {
      let place = pointer(file)
      guard target(of: file) != place, try !link(file) else { continue }
      if let twin = moved[file.hash] {
        try onDisk(FileSystem.copy(twin, to: place, staging: stagingFolder))
      } else {
        try onDisk(FileSystem.move(blob(file), to: place))
        moved[file.hash] = place
      }
    }
  }

  func seal(_ listing: Listing) throws(HubError) {
    defer { Staging.remove(stagingFolder) }
    let tree = try Tree(listing).text
    try onDisk(
      FileSystem.replace(
        treePath, with: tree, staging: stagingFolder, durably: true))
    guard !listing.revision.isCommit else { return }
    let segments = listing.revision.name.pathSegments
    let folder = try onDisk(
      FileSystem.makeFolders(
        ["refs"] + segments.dropLast(), below: repositoryFolder))
    try onDisk(
      FileSystem.replace(
        "\(folder)/\(segments.last ?? "")", with: commit, staging: stagingFolder, durably: true))
  }
}

/// The file list of a commit as huggingface_hub 2 keeps it in `trees/{commit}.json`.
private struct Tree: Codable {
  struct Entry: Codable {
    let size: Int64
    let blobID: String
    let sha256: String?
    let contentSize: Int64?
    let xetHash: String?

    enum CodingKeys: String, CodingKey {
      case size
      case blobID = "blob_id"
      case sha256 = "lfs_sha256"
      case contentSize = "lfs_size"
      case xetHash = "xet_hash"
    }
  }
  let formatVersion: Int
  let files: [String: Entry]

  enum CodingKeys: String, CodingKey {
    case formatVersion = "format_version"
    case files
  }

  init(_ listing: Listing) {
    formatVersion = 1
    files = Dictionary(
      uniqueKeysWithValues: listing.files.map { file in
        let isLarge = if case .sha256 = file.hash { true } else { false }
        let entry = Entry(
          size: file.size, blobID: file.blobID ?? file.hash.hex,
          sha256: isLarge ? file.hash.hex : nil, contentSize: isLarge ? file.size : nil,
          xetHash: file.xetHash)
        return (file.path.text, entry)
      })
  }

  /// JSON with sorted keys, so that one commit always gives the same bytes.
  var text: String {
    get throws(HubError) {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      guard let json = try? encoder.encode(self) else {
        throw .obstructed(path: "trees", .unencodable)
      }
      return String(decoding: json, as: UTF8.self)
    }
  }
}

extension Listing {
  /// Reads the file list that a Hugging Face cache holds for a commit; nil when there is none, or
  /// it names something that may not be a file.
  static func stored(
    root: String, repository: RepositoryID, revision: Revision, commit: String
  ) -> Listing? {
    let path = "\(root)/\(HuggingFaceCache.folderName(repository))/trees/\(commit).json"
    guard let file = try? OpenFile(reading: path), let bytes = try? file.readToEnd(),
      let tree = try? JSONDecoder().decode(Tree.self, from: Data(bytes)), tree.formatVersion == 1
    else { return nil }
    var files: [RemoteFile] = []
    for (name, entry) in tree.files.sorted(by: { $0.key < $1.key }) {
      guard let path = try? RemotePath(name), let hash = ContentHash(entry.sha256 ?? entry.blobID)
      else { return nil }
      files.append(
        RemoteFile(
          path: path, size: entry.contentSize ?? entry.size, hash: hash, blobID: entry.blobID,
          xetHash: entry.xetHash))
    }
    return try? Listing(
      hub: .huggingface, repository: repository, revision: revision, commit: commit, files: files)
  }
}
