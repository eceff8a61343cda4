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

  private let pool: LanePool
  private let scratch = Mutex(LaneScratch())

  /// Starts `lanes - 1` threads that wait for work until this object goes away.
  ///
  /// - Precondition: `lanes` is positive and this machine has `instructionSet`.
  package init(lanes: Int, instructionSet: InstructionSet = .best) {
    precondition(lanes > 0, "\(lanes) lanes; there must be at least one")
    precondition(instructionSet <= .best, "this machine has no \(instructionSet)")
    pool = LanePool(workers: lanes - 1)
    self.lanes = pool.lanes
    self.instructionSet = instructionSet
  }

  deinit { pool.stop() }

  /// Splits `0..<count` into contiguous ranges and runs `body` on them at the same time.
  ///
  /// Borders are multiples of `grain`; there is at most one range per lane, and none is empty.
  /// Returns when all are done.
  package func forEachLane(of count: Int, grain: Int = 1, _ body: @Sendable (Range<Int>) -> Void) {
    let split = LaneSplit(count: count, grain: grain, lanes: lanes)
    guard split.used > 1 else {
      if count > 0 { body(0..<count) }
      return
    }
    scratch.withLock { _ in
      pool.run { lane in
        if lane < split.used { body(split.range(of: lane)) }
      }
    }
  }

  /// The same with at least `scratchBytes` of working memory, 64-byte aligned, for each lane.
  ///
  /// The memory's contents are whatever the last user left.
  func forEachLane(
    of count: Int, grain: Int = 1, scratchBytes: Int,
    _ body: @Sendable (Range<Int>, UnsafeMutableRawPointer) -> Void
  ) {
    let split = LaneSplit(count: count, grain: grain, lanes: lanes)
    guard count > 0 else { return }
    scratch.withLock { scratch in
      scratch.reserve(bytes: scratchBytes, lanes: split.used)
      let areas = scratch.areas
      guard split.used > 1 else { return body(0..<count, areas[0].base) }
      pool.run { lane in
        if lane < split.used { body(split.range(of: lane), areas[lane].base) }
      }
    }
  }
}

/// How a count is divided among lanes.
private struct LaneSplit {
  let count: Int
  let grain: Int
  let units: Int
  let used: Int

  init(count: Int, grain: Int, lanes: Int) {
    precondition(count >= 0 && grain > 0, "cannot split \(count) into grains of \(grain)")
    self.count = count
    self.grain = grain
    units = count / grain + (count % grain == 0 ? 0 : 1)
    used = min(lanes, units)
  }

  func range(of lane: Int) -> Range<Int> {
    units * lane / used * grain..<min(count, units * (lane + 1) / used * grain)
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
