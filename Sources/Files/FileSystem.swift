/// The few system calls that caches need, with typed errors.
///
/// Paths are taken apart by bytes: a "/" before a combining mark is no `Character` of its own.
package enum FileSystem {
  /// What stands at a path; nil when nothing does.
  package static func kind(of path: String, followingLinks: Bool = true) -> FileStatus.Kind? {
    (try? FileStatus(path, followingLinks: followingLinks))?.kind
  }

  /// The size of the file that a path leads to; nil when it leads to none.
  package static func fileSize(_ path: String) -> Int64? {
    guard let status = try? FileStatus(path), status.kind == .file else { return nil }
    return status.size
  }

  /// The folder of a path's last part.
  package static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash > path.startIndex ? String(path[..<slash]) : "/"
  }
}
