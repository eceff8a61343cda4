#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the system says of a file, folder or link.
package struct FileStatus: Sendable {
  package enum Kind: Sendable { case file, folder, link, pipe, other }

  /// Tells one file from all others of this machine.
  package struct Identity: Hashable, Sendable {
    let device: UInt64
    let number: UInt64
  }

  /// A moment after the beginning of 1970.
  package struct Time: Equatable, Sendable {
    package let seconds: Int64
    package let nanoseconds: Int64
  }

  package let kind: Kind
  /// The length in bytes.
  package let size: Int64
  package let identity: Identity
  /// When the content was changed last.
  package let changed: Time
  /// How many names the file has; 0 for an open file that was removed.
  package let names: Int

  /// The status of what stands at a path.
  package init(_ path: String, followingLinks: Bool = true) throws(FileError) {
    var status = stat()
    guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else {
      throw .system(.inspect, path)
    }
    self.init(status)
  }

  /// The status of an open file; `path` is for the error.
  init(descriptor: Int32, path: String) throws(FileError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .system(.inspect, path) }
    self.init(status)
  }

  private init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .folder
      case S_IFLNK: .link
      case S_IFIFO: .pipe
      default: .other
      }
    size = Int64(status.st_size)
    identity = Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(status.st_ino))
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    changed = Time(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec))
    names = Int(status.st_nlink)
  }
}

extension FileStatus {
  /// Throws where it is no ordinary file; `path` is for the error.
  package func requireFile(_ path: String) throws(FileError) {
    switch kind {
    case .file: break
    case .folder: throw FileError(.read, path, .isFolder)
    case .link, .pipe, .other: throw FileError(.read, path, .notAFile)
    }
  }
}
