#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension OpenFile {
  /// Takes the file's lock, where nobody else has it; it goes with the last owner of the open file.
  ///
  /// - Returns: whether it was free.
  /// - Throws: where the file system has no locks.
  package func tryLock() throws(FileError) -> Bool {
    if uninterrupted({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 { return true }
    guard errno == EWOULDBLOCK else { throw .system(.lock, path) }
    return false
  }

  /// Waits for the file's lock.
  ///
  /// - Throws: also where a signal ends the waiting.
  package func lock() throws(FileError) {
    guard flock(descriptor, LOCK_EX) == 0 else { throw .system(.lock, path) }
  }

  /// Whether the path still leads to the open file itself: it was not removed, moved or replaced.
  package var hasItsName: Bool {
    guard let opened = try? status(), let named = try? FileStatus(path, followingLinks: false)
    else { return false }
    return opened.identity == named.identity
  }
}
