import Foundation

/// Numbers as people read them.
enum Units {
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
