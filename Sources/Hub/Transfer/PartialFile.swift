import Files
import Synchronization

/// A file on its way: bytes under a name of its own, and a journal of which of them are there.
///
/// The name ends in ".incomplete" and has random digits that no other process shares, so two
/// processes never write one file. The journal is kept apart from the caches. It never claims a
/// byte that was not written; bytes written but not yet synchronized count only until the machine
/// restarts.
final class PartialFile: Sendable {
  /// What the file is to become.
  struct Goal: Equatable, Codable {
    /// The final path.
    let target: String
    let size: Int64
    /// Hexadecimal digits of the content's hash.
    let hash: String
  }

  private struct State {
    var received = ByteRanges()
    /// Written since the journal was last told.
    var unjournaled = ByteRanges()
    var unsynchronizedBytes: Int64 = 0
    var isSynchronizing = false
    /// How often all bytes were forgotten.
    var resets = 0
  }

  let goal: Goal
  let path: String
  private let file: OpenFile
  private let journal: Journal
  private let state: Mutex<State>

  /// How many bytes may be lost by a kill, and how many by a power cut, per file.
  private static let journalStride: Int64 = 256 << 10
  private static let synchronizationStride: Int64 = 64 << 20

  /// Takes over what an earlier run left of the same file, or starts anew.
  ///
  /// The bytes go to `folder`, which is on the volume of the final path. There is one journal per
  /// final path. `mayTakeOver` is false where locks do not work, so that the earlier run may still
  /// be running.
  init(
    _ goal: Goal, in folder: String, journalPath: String, mayTakeOver: Bool
  ) throws(HubError) {
    self.goal = goal
    path = "\(folder)/\(goal.hash).\(FileSystem.uniqueName()).incomplete"
    let left = mayTakeOver ? Journal.read(journalPath) : nil
    let usable = left.flatMap { $0.goal == goal ? $0 : nil }
    for old in left?.files ?? [] where old != usable?.holder { FileSystem.removeFile(old) }
    journal = try Journal(
      at: mayTakeOver ? journalPath : "\(journalPath).\(FileSystem.uniqueName())", goal: goal,
      files: [path] + (usable?.holder.map { [$0] } ?? []),
      received: usable?.received ?? ByteRanges(),
      synchronized: usable?.synchronized ?? ByteRanges())
    var received = usable?.received ?? ByteRanges()
    if let holder = usable?.holder, (try? FileSystem.move(holder, to: path)) == nil {
      FileSystem.removeFile(holder)
      received = ByteRanges()
      try journal.reset()
    }
    file = try onDisk(OpenFile(creating: path))
    state = Mutex(State(received: received))
  }

  /// The bytes that are there.
  var received: ByteRanges { state.withLock { $0.received } }

  var isFull: Bool { received.prefix == goal.size }

  /// Writes what is missing of a piece.
  ///
  /// Bytes that are there stay as they are, because they may be hashed already. All writes come
  /// from one thread.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(HubError) {
    let gaps = received.gaps(in: offset..<(offset + Int64(bytes.count)))
    for gap in gaps {
      let piece = Int(gap.lowerBound - offset)..<Int(gap.upperBound - offset)
      try onDisk(file.write(UnsafeRawBufferPointer(rebasing: bytes[piece]), at: gap.lowerBound))
    }
    let due = state.withLock { state -> ByteRanges? in
      for gap in gaps {
        state.received.insert(gap)
        state.unjournaled.insert(gap)
        state.unsynchronizedBytes += gap.upperBound - gap.lowerBound
      }
      guard state.unjournaled.count >= Self.journalStride else { return nil }
      defer { state.unjournaled = ByteRanges() }
      return state.unjournaled
    }
    if let due { try journal.append(due, isSynchronized: false) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(HubError) -> Int {
    try onDisk(file.read(into: buffer, at: offset))
  }

  /// Notes all that was received, so that a later run goes on from here.
  func flush() {
    let due = state.withLock { state in
      defer { state.unjournaled = ByteRanges() }
      return state.unjournaled
    }
    try? journal.append(due, isSynchronized: false)
  }

  /// Whether so much was written that `synchronize` should be called, on another thread; true
  /// once per call.
  func needsSynchronization() -> Bool {
    state.withLock { state in
      guard !state.isSynchronizing, state.unsynchronizedBytes >= Self.synchronizationStride else {
        return false
      }
      state.isSynchronizing = true
      return true
    }
  }

  /// Makes what was received so far survive a power cut; may take seconds.
  func synchronize() throws(HubError) {
    let (covered, resets) = state.withLock { state in
      state.unsynchronizedBytes = 0
      return (state.received, state.resets)
    }
    defer { state.withLock { $0.isSynchronizing = false } }
    try onDisk(file.synchronize())
    try state.withLock { state throws(HubError) in
      guard state.resets == resets else { return }
      try journal.append(covered, isSynchronized: true)
    }
    try journal.synchronize()
  }

  /// Gives the file its final name; its content must have been verified.
  func publish() throws(HubError) {
    try onDisk(file.synchronize())
    try onDisk(FileSystem.move(path, to: goal.target))
    try onDisk(FileSystem.synchronizeFolder(FileSystem.parent(of: goal.target)))
    journal.remove()
  }

  /// Forgets all bytes, because their hash is wrong; what `synchronize` is at work on, too.
  func reset() throws(HubError) {
    try state.withLock { state throws(HubError) in
      state.received = ByteRanges()
      state.unjournaled = ByteRanges()
      state.unsynchronizedBytes = 0
      state.resets += 1
      try journal.reset()
    }
    try onDisk(file.truncate(to: 0))
  }

  /// Removes the file and its journal.
  func discard() {
    FileSystem.removeFile(path)
    journal.remove()
  }
}
