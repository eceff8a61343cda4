#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension FileSystem {
  /// Where a link points, as it is written.
  package static func destination(ofLink path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = readlink(path, &buffer, 4096)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The path of what stands there, free of links; nil when nothing does.
  package static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// Puts a link at a path, in place of whatever file or link is there.
  ///
  /// The link is made in the folder `staging` first, which is on the same volume. The result is
  /// false where the file system has no links.
  package static func placeLink(
    at path: String, to target: String, staging: String
  ) throws(FileError) -> Bool {
    if destination(ofLink: path) == target { return true }
    try makeFolder(staging)
    let temporary = temporaryPath(in: staging)
    guard symlink(target, temporary) == 0 else {
      if errno == EPERM || errno == EOPNOTSUPP { return false }
      throw .system(.link, path)
    }
    try moveOrRemove(temporary, to: path)
    return true
  }
}
