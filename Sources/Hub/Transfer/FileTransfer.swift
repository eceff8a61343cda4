import Synchronization

/// One file on its way: which bytes to ask for next, where, and what went wrong so far.
///
/// Lives on the transfer's thread; only the verdict comes from another.
final class FileTransfer {
  let file: RemoteFile
  let partial: PartialFile
  let verifier: FileVerifier
  private let verdictBox: VerdictBox
  private let timing: Timing

  /// Where the hub sent us for this file's bytes, for a while; nil to ask the hub.
  var storage: WebAddress?
  /// Whether the server answers ranges; nil while unknown.
  var hasRanges: Bool?
  /// Pieces being received.
  private(set) var segments: [Segment] = []
  /// Not to be asked for again before this time.
  private(set) var pausedUntil = ContinuousClock.now

  private var budget: RetryBudget
  private var bytesAtSetback: Int64 = 0
  private var rangeFaults = 0
  private var wrongHashes = 0

  /// Larger files come in pieces of this size: large next to a request, and small enough that the
  /// front of the file, which is hashed meanwhile, is soon there.
  static let segmentBytes: Int64 = 32 << 20
  /// This much progress since the last setback makes the next one the first again.
  private static let progressBytes: Int64 = 64 << 10

  init(_ file: RemoteFile, partial: PartialFile, timing: Timing) {
    let box = VerdictBox()
    self.file = file
    self.partial = partial
    self.timing = timing
    budget = RetryBudget(timing)
    verdictBox = box
    verifier = FileVerifier(partial, hash: file.hash) { box.put($0) }
    verifier.advance()
  }

  /// What the verifier found; nil while it is not done, and after it was taken once.
  func takeVerdict() -> FileVerifier.Verdict? { verdictBox.take() }

  /// The next bytes to ask for; nil when nothing is to be started now.
  func nextRange(maximumSegments: Int) -> Range<Int64>? {
    guard segments.isEmpty || hasRanges == true && segments.count < maximumSegments,
      pausedUntil <= .now
    else { return nil }
    if hasRanges == false { return partial.isFull ? nil : 0..<file.size }
    var covered = partial.received
    for segment in segments { covered.insert(segment.remaining) }
    return covered.firstGap(size: file.size, limit: Self.segmentBytes)
  }

  func add(_ segment: Segment) { segments.append(segment) }

  func remove(_ segment: Segment) { segments.removeAll { $0 === segment } }

  /// Notes a setback: the file rests for a while, which is returned; throws when it was the last.
  ///
  /// Pieces that fail while the file rests anyway belong to the same setback; for them the wait is
  /// nil.
  func rest(
    after setback: Setback, otherwise failure: (HTTPHead) -> HubError
  ) throws(HubError) -> Duration? {
    guard pausedUntil <= .now else { return nil }
    let count = partial.received.count
    if count - bytesAtSetback >= Self.progressBytes { budget.refill() }
    bytesAtSetback = count
    let wait = try budget.wait(after: setback, otherwise: failure)
    pausedUntil = .now + wait
    return wait
  }

  /// The server answered a range wrongly; after the second time the file is asked for as a whole.
  func noteRangeFault() {
    rangeFaults += 1
    if rangeFaults > 1 { hasRanges = false }
  }

  /// Starts over after a wrong hash; throws the second time.
  func startOver(found: String) throws(HubError) -> FileTransfer {
    wrongHashes += 1
    guard wrongHashes < 2 else {
      partial.discard()
      throw .hashMismatch(path: file.path.text, expected: file.hash.hex, found: found)
    }
    try partial.reset()
    let fresh = FileTransfer(file, partial: partial, timing: timing)
    fresh.wrongHashes = wrongHashes
    return fresh
  }
}

/// Hands the verifier's verdict to the transfer's thread.
private final class VerdictBox: Sendable {
  private let verdict = Mutex<FileVerifier.Verdict?>(nil)

  func put(_ verdict: FileVerifier.Verdict) { self.verdict.withLock { $0 = verdict } }

  func take() -> FileVerifier.Verdict? {
    verdict.withLock { verdict in
      defer { verdict = nil }
      return verdict
    }
  }
}
