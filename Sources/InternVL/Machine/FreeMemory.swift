import Foundation

/// Memory that can be had without pushing other programs out.
package enum FreeMemory {
  /// The least of what the system and this process's control groups have left, in bytes.
  package static func bytes() -> Int? {
    let meminfo = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)
    let groups = ControlGroup.current.limits { text in
      left(
        limit: text("memory.max"), used: text("memory.current"), statistics: text("memory.stat"))
    }
    let older =
      ControlGroup.current("memory")?.limits { text in
        left(
          limit: text("memory.limit_in_bytes"), used: text("memory.usage_in_bytes"),
          statistics: text("memory.stat"))
      } ?? []
    return ([meminfo.flatMap { available(meminfo: $0) }].compactMap(\.self) + groups + older).min()
  }

  /// The line `MemAvailable` of /proc/meminfo, which is in KiB.
  static func available(meminfo: String) -> Int? {
    field("MemAvailable:", of: meminfo).map { $0 << 10 }
  }

  /// What a control group may still take; nil without a limit.
  ///
  /// Pages of files that nobody uses count as free: the kernel drops them when memory is short.
  static func left(limit: String?, used: String?, statistics: String?) -> Int? {
    guard let limit = limit.flatMap(number), let used = used.flatMap(number) else { return nil }
    // Version 1 has a line of its own for the groups inside, and 2^63 less a page for no limit.
    let reclaimable =
      statistics.flatMap { field("total_inactive_file", of: $0) ?? field("inactive_file", of: $0) }
      ?? 0
    return max(0, limit - max(0, used - reclaimable))
  }

  private static func field(_ name: String, of text: String) -> Int? {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count >= 2, words[0] == name { return Int(words[1]) }
    }
    return nil
  }

  private static func number(_ text: String) -> Int? {
    Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
