internal import CKernels
internal import Synchronization

/// What kernels run on: a few threads and an instruction set.
///
/// Results do not depend on the number of lanes: a kernel's ranges decide only who computes an
/// element, never in which order its terms are added. Calls from several threads at the same time
/// wait for each other; a call from inside a body is a programming error.
package final class Compute: Sendable {
  /// How many threads share the work, the caller's included.
  package let lanes: Int

  /// The instructions that kernels use.
  package let instructionSet: InstructionSet

  /// The kernels of `instructionSet`.
  var kernels: UnsafePointer<CKKernels> { instructionSet.kernels }

  /// Whether products of many rows in float32 are OpenBLAS's, because ours are slower with these instructions.
  let usesOpenBLAS: Bool

  private let pool: LanePool
  private let scratch = Mutex(LaneScratch())

  /// Starts `lanes - 1` threads that wait for work until this object goes away.
  ///
  /// OpenBLAS is used where it is installed, `instructionSet` has no float products as fast, and
  /// `allowsOpenBLAS`.
  ///
  /// - Precondition: `lanes` is positive and this machine has `instructionSet`.
  package init(
    lanes: Int, instructionSet: InstructionSet = .best, allowsOpenBLAS: Bool = true
  ) {
    precondition(lanes > 0, "\(lanes) lanes; there must be at least one")
    precondition(
      InstructionSet.available.contains(instructionSet), "this machine has no \(instructionSet)")
    // Before the pool: the library reads the environment, which is changed for it.
    usesOpenBLAS = allowsOpenBLAS && instructionSet == .scalar && OpenBLAS.isUsable
    pool = LanePool(workers: lanes - 1)
    self.lanes = pool.lanes
    self.instructionSet = instructionSet
  }

  deinit { pool.stop() }

  /// Splits `0..<count` into one contiguous range per lane and runs `body` on them at the same time.
  ///
  /// For work that streams memory once: each lane reads one run of addresses. Borders are multiples
  /// of `grain`; no range is empty. Returns when all are done.
  package func forEachLane(of count: Int, grain: Int = 1, _ body: @Sendable (Range<Int>) -> Void) {
    let units = Self.units(of: count, grain: grain)
    let used = min(lanes, units)
    guard used > 1 else {
      if count > 0 { body(0..<count) }
      return
    }
    scratch.withLock { _ in
      pool.run { lane in
        guard lane < used else { return }
        body(units * lane / used * grain..<min(count, units * (lane + 1) / used * grain))
      }
    }
  }

  /// Splits `0..<count` into parts, large ones first, which free lanes take one after another.
  ///
  /// For work bound by arithmetic: a lane whose processor is slower, or busy with something else,
  /// takes fewer. Borders are multiples of `grain`; no part is empty. Returns when all are done.
  ///
  /// `body` gets at least `scratchBytes` of its lane's working memory, 64-byte aligned, with
  /// whatever the last user left in it.
  func forEachPart(
    of count: Int, grain: Int = 1, scratchBytes: Int = 0,
    _ body: @Sendable (Range<Int>, UnsafeMutableRawPointer) -> Void
  ) {
    let units = Self.units(of: count, grain: grain)
    guard count > 0 else { return }
    let used = min(lanes, units)
    scratch.withLock { scratch in
      scratch.reserve(bytes: scratchBytes, lanes: used)
      let areas = scratch.areas
      guard used > 1 else { return body(0..<count, areas[0].base) }
      let parts = PartQueue(units: units, lanes: used)
      pool.run { lane in
        guard lane < used else { return }
        while let part = parts.take() {
          body(part.lowerBound * grain..<min(count, part.upperBound * grain), areas[lane].base)
        }
      }
    }
  }

  static func units(of count: Int, grain: Int) -> Int {
    precondition(count >= 0 && grain > 0, "cannot split \(count) into grains of \(grain)")
    return count / grain + (count % grain == 0 ? 0 : 1)
  }
}

/// Parts of `0..<units` for whoever asks next: guided self-scheduling (Polychronopoulos and Kuck
/// 1987) with half of an even share of what is left.
private struct PartQueue: ~Copyable, Sendable {
  private let units: Int
  private let lanes: Int
  private let next = Atomic<Int>(0)

  init(units: Int, lanes: Int) {
    self.units = units
    self.lanes = lanes
  }

  func take() -> Range<Int>? {
    var start = next.load(ordering: .relaxed)
    while start < units {
      let end = start + max(1, (units - start) / (2 * lanes))
      let (taken, found) = next.weakCompareExchange(
        expected: start, desired: end, ordering: .relaxed)
      if taken { return start..<end }
      start = found
    }
    return nil
  }
}

/// One area of working memory per lane, kept between calls.
private struct LaneScratch: ~Copyable, @unchecked Sendable {
  // Sendable: the memory is owned, and `Compute` lets one run at a time use it.
  private(set) var areas: [AlignedMemory] = []

  /// Makes the first `lanes` areas hold at least `bytes`.
  mutating func reserve(bytes: Int, lanes: Int) {
    while areas.count < lanes { areas.append(AlignedMemory(bytes: bytes)) }
    for lane in 0..<lanes where areas[lane].bytes < bytes {
      areas[lane] = AlignedMemory(bytes: bytes)
    }
  }
}
