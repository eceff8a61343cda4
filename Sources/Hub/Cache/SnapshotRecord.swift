import Files
import FoundationEssentials
import Registry

/// What the downloader remembers about one snapshot folder: its full listing, and which files
/// were found right by their hash.
///
/// A file counts as checked as long as its size and the time of its last change are the same.
struct SnapshotRecord: Codable {
  struct Stamp: Codable, Equatable {
    let hash: String
    let size: Int64
    let seconds: Int64
    let nanoseconds: Int64
  }
  struct Entry: Codable {
    let path: String
    let size: Int64
    let hash: String
  }

  private var version = 1
  private(set) var listing: [Entry] = []
  private(set) var checked: [String: Stamp] = [:]

  /// Where the record of a snapshot folder is.
  private static func path(_ snapshotFolder: String, in state: String) -> String {
    "\(state)/snapshots/\(Digest.sha256(snapshotFolder).prefix(32)).json"
  }

  /// Reads the record of a snapshot folder; empty when there is none.
  init(of snapshotFolder: String, in state: String) {
    guard let file = try? OpenFile(reading: Self.path(snapshotFolder, in: state)),
      let bytes = try? file.readToEnd(),
      let record = try? JSONDecoder().decode(Self.self, from: Data(bytes)), record.version == 1
    else { return }
    self = record
  }

  func write(for snapshotFolder: String, in state: String) throws(HubError) {
    guard let json = try? JSONEncoder().encode(self) else { return }
    try onDisk(
      FileSystem.replace(
        Self.path(snapshotFolder, in: state), with: String(decoding: json, as: UTF8.self),
        durably: false))
  }

  mutating func note(_ listing: Listing) {
    self.listing = listing.files.map {
      Entry(path: $0.path.text, size: $0.size, hash: $0.hash.hex)
    }
  }

  /// Notes that a file's content has the hash that it should have.
  mutating func noteChecked(_ file: RemoteFile, at path: String) {
    checked[file.path.text] = Self.stamp(file, at: path)
  }

  /// Whether a file was found right and has not been touched since.
  func isChecked(_ file: RemoteFile, at path: String) -> Bool {
    guard let stamp = checked[file.path.text] else { return false }
    return stamp == Self.stamp(file, at: path)
  }

  private static func stamp(_ file: RemoteFile, at path: String) -> Stamp? {
    guard let change = (try? FileStatus(path))?.changed else { return nil }
    return Stamp(
      hash: file.hash.hex, size: file.size, seconds: change.seconds,
      nanoseconds: change.nanoseconds)
  }

  /// The listing in the form that a hub gives; nil when it was never noted.
  func storedListing(
    hub: HubName, repository: RepositoryID, revision: Revision, commit: String
  ) -> Listing? {
    guard !listing.isEmpty else { return nil }
    var files: [RemoteFile] = []
    for entry in listing {
      guard let path = try? RemotePath(entry.path), let hash = ContentHash(entry.hash) else {
        return nil
      }
      files.append(RemoteFile(path: path, size: entry.size, hash: hash))
    }
    return try? Listing(
      hub: hub, repository: repository, revision: revision, commit: commit, files: files)
  }
}
