#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open file, closed when the last owner lets go.
///
/// Reads and writes name their offset, so several threads may use one file.
final class OpenFile: Sendable {
  let descriptor: Int32
  let path: String

  deinit { close(descriptor) }

  private init(_ path: String, flags: Int32) throws(HubError) {
    let descriptor = open(path, flags | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw .system(operation: flags & O_CREAT == 0 ? "open" : "create", path: path, code: errno)
    }
    self.descriptor = descriptor
    self.path = path
  }

  convenience init(reading path: String) throws(HubError) { try self.init(path, flags: O_RDONLY) }

  convenience init(appending path: String) throws(HubError) {
    try self.init(path, flags: O_WRONLY | O_APPEND)
  }

  /// Opens a file for reading and writing, makes it where it is missing, and follows no link.
  convenience init(creating path: String) throws(HubError) {
    try self.init(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW)
  }

  /// Opens a file that must not be there yet.
  convenience init(newFile path: String) throws(HubError) {
    try self.init(path, flags: O_WRONLY | O_CREAT | O_EXCL)
  }

  convenience init(folder path: String) throws(HubError) {
    try self.init(path, flags: O_RDONLY | O_DIRECTORY)
  }

  func size() throws(HubError) -> Int64 {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw .system(operation: "inspect", path: path, code: errno)
    }
    return Int64(status.st_size)
  }

  /// Writes all bytes at an offset; `diskFull` when there is no room.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(HubError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
      if count > 0 {
        done += count
      } else if count == 0 || errno != EINTR {
        throw writeFailure(neededBytes: Int64(rest.count))
      }
    }
  }

  /// Reads up to a buffer's size; the count is 0 at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(HubError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      guard errno == EINTR else { throw .system(operation: "read", path: path, code: errno) }
    }
  }

  /// The whole content; also of files whose size is not known beforehand, as in `/proc`.
  func readAll() throws(HubError) -> [UInt8] {
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 1)
    defer { piece.deallocate() }
    var bytes: [UInt8] = []
    while true {
      let count = try read(into: piece, at: Int64(bytes.count))
      guard count > 0 else { return bytes }
      bytes += piece[..<count]
    }
  }

  /// Writes a text at the end of what was written through this descriptor, in one piece.
  func append(_ text: String) throws(HubError) {
    let bytes = Array(text.utf8)
    #if canImport(Glibc)
      let count = Glibc.write(descriptor, bytes, bytes.count)
    #else
      let count = Darwin.write(descriptor, bytes, bytes.count)
    #endif
    guard count == bytes.count else { throw writeFailure(neededBytes: Int64(bytes.count)) }
  }

  func truncate(to size: Int64) throws(HubError) {
    guard ftruncate(descriptor, off_t(size)) == 0 else { throw writeFailure(neededBytes: 0) }
  }

  /// Returns when the content would survive a power cut.
  func synchronize() throws(HubError) {
    guard fsync(descriptor) == 0 else { throw writeFailure(neededBytes: 0) }
  }

  /// What `errno` means after a write.
  private func writeFailure(neededBytes: Int64) -> HubError {
    guard errno == ENOSPC || errno == EDQUOT else {
      return .system(operation: "write", path: path, code: errno)
    }
    let folder = FileSystem.parent(of: path)
    return .diskFull(
      folder: folder, neededBytes: neededBytes, freeBytes: FileSystem.freeBytes(folder))
  }
}

/// The few system calls that caches need, with typed errors.
///
/// Paths are taken apart by bytes: a "/" before a combining mark is no `Character` of its own.
enum FileSystem {
  enum Kind: Equatable { case file(size: Int64), folder, link, other }

  /// What stands at a path; nil when nothing does.
  static func kind(of path: String, followingLinks: Bool) -> Kind? {
    var status = stat()
    guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file(size: Int64(status.st_size))
    case S_IFDIR: return .folder
    case S_IFLNK: return .link
    default: return .other
    }
  }

  /// The size of the regular file that a path leads to; nil when it does not.
  static func fileSize(_ path: String) -> Int64? {
    guard case .file(let size) = kind(of: path, followingLinks: true) else { return nil }
    return size
  }

  /// Tells one file from all others of this machine.
  struct Identity: Hashable {
    let device: UInt64
    let number: UInt64
  }

  /// The identity of the file that a path leads to.
  static func identity(_ path: String) -> Identity? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Identity(
      device: UInt64(truncatingIfNeeded: status.st_dev), number: UInt64(status.st_ino))
  }

  /// When the content of a file or link was last changed.
  static func changeTime(
    _ path: String, followingLinks: Bool
  ) -> (seconds: Int64, nanoseconds: Int64)? {
    var status = stat()
    guard (followingLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
    #if canImport(Glibc)
      let time = status.st_mtim
    #else
      let time = status.st_mtimespec
    #endif
    return (Int64(time.tv_sec), Int64(time.tv_nsec))
  }

  static func parent(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else {
      return "/"
    }
    return String(path[..<slash])
  }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws(HubError) {
    if mkdir(path, 0o777) == 0 { return }
    let code = errno
    if code == ENOENT, path != "/" {
      try makeFolder(parent(of: path))
      if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
      throw .system(operation: "create", path: path, code: errno)
    }
    guard code == EEXIST, kind(of: path, followingLinks: true) == .folder else {
      throw .system(operation: "create", path: path, code: code)
    }
  }

  /// Makes the folders of `segments` below `root` and returns the deepest one's path; refuses to
  /// pass through a link, so that nothing is written outside of `root`.
  static func makeFolders(_ segments: [Substring], below root: String) throws(HubError) -> String {
    try makeFolder(root)
    var path = root
    for segment in segments {
      path += "/\(segment)"
      switch kind(of: path, followingLinks: false) {
      case nil: try makeFolder(path)
      case .folder: continue
      case .link: throw .obstructed(path: path, reason: "is a link where a folder belongs")
      default: throw .obstructed(path: path, reason: "is a file where a folder belongs")
      }
    }
    return path
  }

  static func rename(_ from: String, to: String) throws(HubError) {
    #if canImport(Glibc)
      let result = Glibc.rename(from, to)
    #else
      let result = Darwin.rename(from, to)
    #endif
    guard result == 0 else { throw .system(operation: "rename to", path: to, code: errno) }
  }

  /// Removes a file or a link; silent when it is not there.
  static func removeFile(_ path: String) { unlink(path) }

  /// Removes a folder for staging, with what a kill left in it a minute ago or earlier; a folder
  /// that another process uses stays.
  static func removeStaging(_ path: String) {
    removeAbandonedPartials(in: path, olderThanSeconds: 60)
    removeEmptyFolder(path)
  }

  /// Removes files of a folder that end in ".incomplete" and were not written to for a while.
  static func removeAbandonedPartials(in folder: String, olderThanSeconds limit: Int64) {
    for name in names(in: folder) where name.hasSuffix(".incomplete") {
      guard let change = changeTime("\(folder)/\(name)", followingLinks: false),
        Int64(time(nil)) - change.seconds > limit
      else { continue }
      removeFile("\(folder)/\(name)")
    }
  }

  /// Removes a folder if nothing is in it.
  static func removeEmptyFolder(_ path: String) { rmdir(path) }

  /// Returns when names made or removed in a folder would survive a power cut.
  static func synchronizeFolder(_ path: String) throws(HubError) {
    try OpenFile(folder: path).synchronize()
  }

  /// Replaces a file's content by rename, so that readers see the old text or the new one.
  ///
  /// The text is written in the folder `staging` first, which is on the same volume; nil is the
  /// file's own folder. Without `durably`, a power cut may leave an empty file; that is for notes
  /// one can do without.
  static func replace(
    _ path: String, with text: String, staging: String? = nil, durably: Bool
  ) throws(HubError) {
    let folder = parent(of: path)
    try makeFolder(folder)
    try makeFolder(staging ?? folder)
    let temporary = "\(staging ?? folder)/.\(uniqueName()).incomplete"
    do throws(HubError) {
      let file = try OpenFile(newFile: temporary)
      try file.append(text)
      if durably { try file.synchronize() }
      try rename(temporary, to: path)
    } catch {
      removeFile(temporary)
      throw error
    }
    if durably { try synchronizeFolder(folder) }
  }

  /// Copies a file, by way of the folder `staging`, which is on the same volume.
  static func copy(_ source: String, to path: String, staging: String) throws(HubError) {
    try makeFolder(staging)
    let temporary = "\(staging)/.\(uniqueName()).incomplete"
    do throws(HubError) {
      let from = try OpenFile(reading: source)
      let to = try OpenFile(newFile: temporary)
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
      defer { buffer.deallocate() }
      var position: Int64 = 0
      while true {
        let count = try from.read(into: buffer, at: position)
        guard count > 0 else { break }
        try to.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: position)
        position += Int64(count)
      }
      try to.synchronize()
      try rename(temporary, to: path)
    } catch {
      removeFile(temporary)
      throw error
    }
  }

  /// Bytes that an ordinary user can still write where a path is, or will be.
  static func freeBytes(_ path: String) -> Int64 {
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

  /// The names in a folder, sorted; empty when there is no such folder.
  static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Where a link points, as it is written.
  static func destination(ofLink path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = readlink(path, &buffer, 4096)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The path of what stands there, free of links; nil when nothing does.
  static func resolved(_ path: String) -> String? {
    guard let text = realpath(path, nil) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  /// Puts a link at a path, in place of whatever file or link is there.
  ///
  /// The link is made in the folder `staging` first, which is on the same volume. The result is
  /// false where the file system has no links.
  static func placeLink(
    at path: String, to target: String, staging: String
  ) throws(HubError) -> Bool {
    if destination(ofLink: path) == target { return true }
    try makeFolder(staging)
    let temporary = "\(staging)/.\(uniqueName()).incomplete"
    guard symlink(target, temporary) == 0 else {
      if errno == EPERM || errno == EOPNOTSUPP { return false }
      throw .system(operation: "link", path: path, code: errno)
    }
    do throws(HubError) {
      try rename(temporary, to: path)
    } catch {
      removeFile(temporary)
      throw error
    }
    return true
  }

  /// Eight hexadecimal digits that no other process has drawn.
  static func uniqueName() -> String {
    let digits = String(UInt32.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// The system's words for an error number.
func systemMessage(_ code: Int32) -> String { String(cString: strerror(code)) }

/// A size as people read it, in decimal units: "1.88 GB".
package struct ByteCount: CustomStringConvertible {
  private let bytes: Int64

  package init(_ bytes: Int64) { self.bytes = bytes }

  package var description: String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
    return "\(value.formatted(digits: digits)) \(units[unit])"
  }
}

extension Double {
  /// Decimal text with a fixed number of digits after the point, at most 3.
  func formatted(digits: Int) -> String {
    let scale = [1, 10, 100, 1000][digits]
    let scaled = Int64((self * Double(scale)).rounded())
    guard digits > 0 else { return String(scaled) }
    let fraction = String(scaled % Int64(scale))
    return "\(scaled / Int64(scale))."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
