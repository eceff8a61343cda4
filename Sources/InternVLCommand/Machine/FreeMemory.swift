import Foundation

/// Memory that can be had without pushing other programs out.
enum FreeMemory {
  /// The smaller of what the system and this process's control group have left, in bytes.
  static func bytes() -> Int? {
    let system = text("/proc/meminfo").flatMap { available(meminfo: $0) }
    let group = groupFolder.flatMap { folder in
      left(
        limit: text("\(folder)/memory.max"), used: text("\(folder)/memory.current"),
        statistics: text("\(folder)/memory.stat"))
    }
    return [system, group].compactMap(\.self).min()
  }

  /// The line `MemAvailable` of /proc/meminfo, which is in KiB.
  static func available(meminfo: String) -> Int? {
    field("MemAvailable:", of: meminfo).map { $0 << 10 }
  }

  /// What a control group (version 2) may still take; nil without a limit.
  ///
  /// Pages of files that nobody uses count as free: the kernel drops them when memory is short.
  static func left(limit: String?, used: String?, statistics: String?) -> Int? {
    guard let limit = limit.flatMap(number), let used = used.flatMap(number) else { return nil }
    let reclaimable = statistics.flatMap { field("inactive_file", of: $0) } ?? 0
    return max(0, limit - used + reclaimable)
  }

  /// The control group's folder, from the line `0::/path` of /proc/self/cgroup.
  private static var groupFolder: String? {
    let line = text("/proc/self/cgroup")?.split(separator: "\n").first { $0.hasPrefix("0::") }
    return line.map { "/sys/fs/cgroup" + $0.dropFirst(3) }
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

  private static func text(_ path: String) -> String? {
    try? String(contentsOfFile: path, encoding: .utf8)
  }
}
