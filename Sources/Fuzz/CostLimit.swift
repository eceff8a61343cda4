import Foundation

/// What one input may cost: a second of processor time, and memory of ten times its size plus a
/// fixed allowance.
///
/// Time of the processor and not of the clock, because the machine may have other work; an input
/// that never ends is for libFuzzer's own limit. Memory is what becomes resident, the sanitizer's
/// shadow included.
struct CostLimit {
  /// The allowance: room for what a library sets up once, the sanitizer's quarantine and freed
  /// memory that is not handed back at once.
  let allowedKiB: Int

  /// When an input starts, in processor time, and what is resident then.
  struct Start {
    fileprivate let seconds: Double
    fileprivate let residentKiB: Int
  }

  func start() -> Start {
    resetPeak()
    return Start(seconds: processorSeconds(), residentKiB: peakKiB())
  }

  /// Ends the process, with the values, if the input cost more than it may.
  func check(since start: Start, inputBytes: Int) {
    let seconds = processorSeconds() - start.seconds
    guard seconds <= 1 else {
      fatalError("\(inputBytes) bytes took \(seconds) s of processor time")
    }
    let grown = peakKiB() - start.residentKiB
    guard grown <= 10 * inputBytes / 1024 + allowedKiB else {
      fatalError("\(inputBytes) bytes took \(grown) KiB of memory")
    }
  }

  private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The largest resident size since `resetPeak`.
  private func peakKiB() -> Int {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss
  }

  /// Makes the peak what is resident now.
  private func resetPeak() {
    let file = open("/proc/self/clear_refs", O_WRONLY)
    precondition(file >= 0 && write(file, "5", 1) == 1, "cannot reset the peak of resident memory")
    close(file)
  }
}
