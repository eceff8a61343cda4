import Files

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps other processes of this program from downloading the same repository, while it lives.
///
/// The lock saves work and shares what is left of earlier runs; no file's integrity depends on it.
final class ProcessLock {
  /// Whether the file system really locks; elsewhere nothing of another run may be taken over.
  let isEffective: Bool
  private let file: OpenFile

  /// Waits until no other process holds the lock.
  ///
  /// `waiting` is called once when there is something to wait for.
  init(
    _ path: String, cancellation: Cancellation, waiting: () -> Void
  ) throws(HubError) {
    try onDisk(FileSystem.makeFolder(FileSystem.parent(of: path)))
    file = try onDisk(OpenFile(creating: path))
    var hasTold = false
    while let isMine = try? file.tryLock() {
      if isMine {
        isEffective = true
        return
      }
      if !hasTold { waiting() }
      hasTold = true
      try cancellation.check()
      usleep(50_000)
    }
    isEffective = false
  }
}
