package import Foundation

/// A file that is being written, under its own name with `.part` behind, by one writer at a time.
///
/// One that goes away without `finish()` leaves nothing behind; what a program that was killed left
/// is overwritten by the next writer.
package struct UnfinishedFile: ~Copyable, Sendable {
  /// Ends the names of files that are being written.
  package static let suffix = ".part"

  /// The name that it will have.
  let url: URL
  let descriptor: Int32
  private let temporary: String
  private var isFinished = false

  /// Opens an empty file for reading and writing.
  ///
  /// Waits for other writers of the same file, also in other programs, to finish or go away; what
  /// they wrote then has the name.
  ///
  /// - Parameter url: the file to make or replace; its folder must exist.
  /// - Throws: `CheckpointError.unwritable`, also where a signal ends the waiting.
  package init(_ url: URL) throws(CheckpointError) {
    let temporary = url.path(percentEncoded: false) + Self.suffix
    guard let descriptor = Self.openAlone(temporary) else {
      throw .unwritable(file: url.lastPathComponent, reason: .lastSystemError)
    }
    self.url = url
    self.descriptor = descriptor
    self.temporary = temporary
  }

  deinit {
    // Before the lock goes: afterwards the name may be another writer's.
    if !isFinished { unlink(temporary) }
    close(descriptor)
  }

  /// Brings it to the disk and gives it its name, replacing a file that has it.
  ///
  /// - Throws: `CheckpointError.unwritable`; the file that had the name is then untouched.
  mutating func finish() throws(CheckpointError) {
    guard fsync(descriptor) == 0, rename(temporary, url.path(percentEncoded: false)) == 0 else {
      throw .unwritable(file: url.lastPathComponent, reason: .lastSystemError)
    }
    isFinished = true
  }

  /// Removes what a program that was killed left under a name that ends in `suffix`; what is being
  /// written stays.
  package static func removeAbandoned(_ temporary: URL) {
    let path = temporary.path(percentEncoded: false)
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, has(descriptor, name: path) else { return }
    unlink(path)
  }

  /// Opens an empty file that no other writer has, or sets `errno`.
  private static func openAlone(_ path: String) -> Int32? {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { return nil }
      guard flock(descriptor, LOCK_EX) == 0 else { return closeAfterFault(descriptor) }
      // Whoever had the lock may have given the file its own name, or removed it.
      guard has(descriptor, name: path) else {
        close(descriptor)
        continue
      }
      return ftruncate(descriptor, 0) == 0 ? descriptor : closeAfterFault(descriptor)
    }
  }

  private static func has(_ descriptor: Int32, name: String) -> Bool {
    var opened = stat()
    var named = stat()
    return fstat(descriptor, &opened) == 0 && lstat(name, &named) == 0
      && opened.st_ino == named.st_ino && opened.st_dev == named.st_dev
  }

  /// Closes a file and keeps `errno`.
  private static func closeAfterFault(_ descriptor: Int32) -> Int32? {
    let code = errno
    close(descriptor)
    errno = code
    return nil
  }
}
