import Foundation

/// Processors that this process may use.
package enum Processors {
  /// How many threads should run at the same time, at least one.
  package static var count: Int {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    return count(
      of: ProcessInfo.processInfo.activeProcessorCount, status: status, group: .current,
      older: .current("cpu"))
  }

  /// The least of the processors there are, those that the process is bound to, and what its control groups
  /// let it use; `older` is that of version 1.
  static func count(
    of all: Int, status: String?, group: ControlGroup, older: ControlGroup? = nil
  ) -> Int {
    let quotas =
      group.limits { text in text("cpu.max").flatMap(share) }
      + (older?.limits { text in
        text("cpu.cfs_quota_us").flatMap { quota in
          text("cpu.cfs_period_us").flatMap { share("\(quota) \($0)") }
        }
      } ?? [])
    let quota = quotas.min()
    return max(1, min(all, status.flatMap(bound) ?? all, quota ?? all))
  }

  /// The bits in the line `Cpus_allowed` of /proc/self/status: hexadecimal, with commas.
  private static func bound(status: String) -> Int? {
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }
    let bits = line?.dropFirst("Cpus_allowed:".count).reduce(0) {
      $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0)
    }
    return bits == 0 ? nil : bits
  }

  /// What `cpu.max`, two numbers of microseconds, comes to, rounded; nil without a limit (`max`, in
  /// version 1 -1).
  ///
  /// With 1.5 processors, two threads read a prompt a third faster than one and decode as fast; with 1.25
  /// they are no faster, and with one, where both stop together, slower.
  private static func share(_ text: String) -> Int? {
    let words = text.split { $0.isWhitespace }.map { Double($0) }
    guard words.count == 2, let quota = words[0], let period = words[1], period > 0, quota > 0
    else {
      return nil
    }
    return Int(exactly: (quota / period).rounded())
  }
}
