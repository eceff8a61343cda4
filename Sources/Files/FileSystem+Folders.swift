#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension FileSystem {
  /// Makes a folder and those above it.
  package static func makeFolder(_ path: String) throws(FileError) {
    if mkdir(path, 0o777) == 0 { return }
    let code = errno
    if code == ENOENT, path != "/" {
      try makeFolder(parent(of: path))
      if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
      throw .system(.create, path)
    }
    guard code == EEXIST, kind(of: path) == .folder else {
      throw FileError(.create, path, .system(code: code))
    }
  }

  /// Makes the folders of `segments` below `root` and returns the deepest one's path; refuses to
  /// pass through a link, so that nothing is written outside of `root`.
  package static func makeFolders(
    _ segments: [Substring], below root: String
  ) throws(FileError) -> String {
    try makeFolder(root)
    var path = root
    for segment in segments {
      path += "/\(segment)"
      switch kind(of: path, followingLinks: false) {
      case nil: try makeFolder(path)
      case .folder: continue
      case .link: throw FileError(.create, path, .isLink)
      default: throw FileError(.create, path, .notAFolder)
      }
    }
    return path
  }

  /// Removes a folder if nothing is in it.
  package static func removeEmptyFolder(_ path: String) { rmdir(path) }

  /// Returns when names made or removed in a folder would survive a power cut.
  package static func synchronizeFolder(_ path: String) throws(FileError) {
    try OpenFile(folder: path).synchronize()
  }

  /// The names in a folder, sorted; none when there is no such folder.
  package static func names(in path: String) throws(FileError) -> [String] {
    do throws(FileError) {
      return try list(path)
    } catch {
      guard error.isMissing else { throw error }
      return []
    }
  }

  /// The names in a folder, sorted.
  package static func list(_ path: String) throws(FileError) -> [String] {
    guard let folder = opendir(path) else { throw .system(.list, path) }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
      errno = 0
    }
    guard errno == 0 else { throw .system(.list, path) }
    return names.sorted()
  }

  /// Bytes that an ordinary user can still write where a path is, or will be.
  package static func freeBytes(_ path: String) -> Int64 {
    var statistics = statvfs()
    var existing = path
    while statvfs(existing, &statistics) != 0 {
      guard existing != "/" else { return .max }
      existing = parent(of: existing)
    }
    let (bytes, overflow) = UInt64(statistics.f_bavail).multipliedReportingOverflow(
      by: UInt64(statistics.f_frsize))
    return overflow ? .max : Int64(clamping: bytes)
  }
}
