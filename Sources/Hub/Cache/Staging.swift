import Files
import FoundationEssentials

/// Folders where files wait for their names.
enum Staging {
  /// Removes such a folder, with what a kill left in it a minute ago or earlier; a folder that another
  /// process uses stays.
  static func remove(_ folder: String) {
    removeAbandoned(in: folder, olderThanSeconds: 60)
    FileSystem.removeEmptyFolder(folder)
  }

  /// Removes unfinished files of a folder that were not written to for a while; none of a folder that
  /// cannot be read.
  static func removeAbandoned(in folder: String, olderThanSeconds limit: Int64) {
    let now = Int64(Date.now.timeIntervalSince1970)
    for name in (try? FileSystem.names(in: folder)) ?? []
    where name.hasSuffix(FileSystem.temporarySuffix) {
      let path = "\(folder)/\(name)"
      guard let status = try? FileStatus(path, followingLinks: false),
        now - status.changed.seconds > limit
      else { continue }
      FileSystem.removeFile(path)
    }
  }
}
