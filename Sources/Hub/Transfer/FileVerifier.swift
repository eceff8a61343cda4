import Dispatch
import Files
import Synchronization

/// Hashes a partial file behind the receiver's back and, when all of it is there and right,
/// publishes it.
///
/// Work runs on a queue of its own: hashing follows the growing front of the file, whose bytes
/// are then still in the system's page cache. What an earlier run left is hashed like the rest.
final class FileVerifier: Sendable {
  /// How it ended.
  enum Verdict: Sendable {
    case published
    case wrongHash(found: String)
    case failed(HubError)
  }

  private struct State: ~Copyable {
    /// Exchanged for a fresh one while `work` has it.
    var hasher: ContentHasher
    var hashedBytes: Int64 = 0
    var isRunning = false
    var isDone = false
  }

  private let partial: PartialFile
  private let hash: ContentHash
  private let finished: @Sendable (Verdict) -> Void
  private let state: Mutex<State>
  private let hashing = DispatchQueue(label: "internvl.hub.hash")
  private let synchronizing = DispatchQueue(label: "internvl.hub.synchronize")

  /// So much must have arrived before the queue is woken.
  private static let strideBytes: Int64 = 1 << 20
  /// What is read at once: it stays in the processor's cache until it is hashed.
  private static let pieceBytes = 256 << 10

  /// `finished` is called once, on the verifier's queue.
  init(
    _ partial: PartialFile, hash: ContentHash, finished: @escaping @Sendable (Verdict) -> Void
  ) {
    self.partial = partial
    self.hash = hash
    self.finished = finished
    state = Mutex(State(hasher: ContentHasher(like: hash, size: partial.goal.size)))
  }

  /// Call when bytes were written; cheap.
  func advance() {
    if partial.needsSynchronization() {
      synchronizing.async { [partial] in
        // The data is written again or found missing at the end; until then nothing depends on it.
        try? partial.synchronize()
      }
    }
    let front = partial.received.prefix
    let isDue = state.withLock { state in
      let waiting = front - state.hashedBytes
      guard !state.isRunning, !state.isDone,
        waiting >= Self.strideBytes || front == partial.goal.size
      else { return false }
      state.isRunning = true
      return true
    }
    if isDue { hashing.async { self.work() } }
  }

  private func work() {
    var hasher = ContentHasher(like: hash, size: partial.goal.size)
    var position: Int64 = 0
    state.withLock { state in
      swap(&state.hasher, &hasher)
      position = state.hashedBytes
    }
    let size = partial.goal.size
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Self.pieceBytes, alignment: 16)
    defer { buffer.deallocate() }
    do throws(HubError) {
      while true {
        let front = partial.received.prefix
        guard position < front else { break }
        let length = Int(min(front - position, Int64(buffer.count)))
        let count = try partial.read(
          into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<length]), at: position)
        guard count > 0 else {
          throw .file(FileError(.read, partial.path, .isShorter))
        }
        hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        position += Int64(count)
      }
    } catch {
      return end(.failed(error))
    }
    guard position == size else {
      state.withLock { state in
        swap(&state.hasher, &hasher)
        state.hashedBytes = position
        state.isRunning = false
      }
      // Bytes may have come while the flag was still up.
      return advance()
    }
    let found = hasher.finish()
    guard found == hash else { return end(.wrongHash(found: found.hex)) }
    do throws(HubError) {
      try partial.publish()
      end(.published)
    } catch {
      end(.failed(error))
    }
  }

  private func end(_ verdict: Verdict) {
    state.withLock { $0.isDone = true }
    finished(verdict)
  }
}
