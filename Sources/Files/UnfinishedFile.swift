package import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that is being written, under its own name with `.part` behind, by one writer at a time.
///
/// One that goes away without `finish()` leaves nothing behind; what a program that was killed left
/// is overwritten by the next writer.
package struct UnfinishedFile: ~Copyable, Sendable {
  /// Ends the names of files that are being written.
  package static let suffix = ".part"

  /// The path that it will have.
  package let path: String
  private let file: OpenFile
  private var isFinished = false

  /// Opens an empty file for reading and writing.
  ///
  /// Waits for other writers of the same file, also in other programs, to finish or go away; what
  /// they wrote then has the name.
  ///
  /// - Parameter url: the file to make or replace; its folder must exist.
  /// - Throws: also where a signal ends the waiting.
  package init(_ url: URL) throws(FileError) {
    let path = url.path(percentEncoded: false)
    file = try Self.openAlone(path + Self.suffix)
    self.path = path
  }

  deinit {
    // Before the lock goes: afterwards the name may be another writer's.
    if !isFinished { FileSystem.removeFile(file.path) }
  }

  /// Sets space aside and maps it for writing; whoever asks for it unmaps it.
  ///
  /// Without the space, a full disk would end the process at some store to the mapping.
  package func map(byteCount: Int) throws(FileError) -> UnsafeMutableRawPointer {
    #if os(Linux)
      let code = posix_fallocate(file.descriptor, 0, off_t(byteCount))
      guard code == 0 else { throw FileError(.write, path, .system(code: code)) }
    #else
      try file.truncate(to: Int64(byteCount))
    #endif
    let access = PROT_READ | PROT_WRITE
    guard let base = mmap(nil, byteCount, access, MAP_SHARED, file.descriptor, 0),
      base != MAP_FAILED
    else { throw .system(.map, path) }
    adviseHugePages(base, byteCount: byteCount)
    return base
  }

  /// Brings what was written to a mapping to the disk.
  package func synchronize(_ base: UnsafeMutableRawPointer, byteCount: Int) throws(FileError) {
    guard msync(base, byteCount, MS_SYNC) == 0 else { throw .system(.write, path) }
  }

  /// Brings it to the disk and gives it its name, replacing a file that has it.
  ///
  /// - Throws: where that cannot be; the file that had the name is then untouched.
  package mutating func finish() throws(FileError) {
    try file.synchronize()
    try FileSystem.move(file.path, to: path)
    isFinished = true
  }

  /// Removes what a program that was killed left under a name that ends in `suffix`; what is being
  /// written stays.
  package static func removeAbandoned(_ temporary: URL) {
    let path = temporary.path(percentEncoded: false)
    guard FileSystem.kind(of: path, followingLinks: false) == .file,
      let file = try? OpenFile(reading: path), (try? file.tryLock()) == true, file.hasItsName
    else { return }
    FileSystem.removeFile(path)
  }

  /// Opens an empty file that no other writer has.
  private static func openAlone(_ path: String) throws(FileError) -> OpenFile {
    while true {
      let file = try OpenFile(creating: path)
      try file.lock()
      // Whoever had the lock may have given the file its own name, or removed it.
      guard file.hasItsName else { continue }
      try file.truncate(to: 0)
      return file
    }
  }
}
