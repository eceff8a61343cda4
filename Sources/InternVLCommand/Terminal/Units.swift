import Foundation

/// Numbers as people read them.
enum Units {
  /// "1.9 GB", "640 MB", "12 kB": decimal units, as hubs and disks count.
  static func bytes(_ count: Int) -> String {
    switch count {
    case 999_500_000...: String(format: "%.1f GB", Double(count) / 1e9)
    case 999_500...: String(format: "%.0f MB", Double(count) / 1e6)
    case 1000...: String(format: "%.0f kB", Double(count) / 1e3)
    default: "\(count) bytes"
    }
  }

  /// "1.23 s".
  static func seconds(_ value: Double) -> String { String(format: "%.2f s", value) }

  /// "3 images", "1 image".
  static func count(_ value: Int, _ noun: String) -> String {
    "\(value) \(noun)\(value == 1 ? "" : "s")"
  }

  /// "12.3 tokens/s"; nothing when no time passed.
  static func rate(_ count: Int, seconds: Double) -> String? {
    seconds > 0 ? String(format: "%.1f tokens/s", Double(count) / seconds) : nil
  }
}
