import Files
import Foundation

/// The order of names that people expect: numbers count as numbers.
enum NameOrder {
  /// Whether a name comes before another, also where they differ only in leading zeros or in how they
  /// write the same characters.
  static func precedes(_ name: String, _ other: String) -> Bool {
    switch name.compare(other, options: .numeric) {
    case .orderedAscending: true
    case .orderedDescending: false
    case .orderedSame: ExactText(name) < ExactText(other)
    }
  }

  /// Whether a path comes before another in a search of their folder.
  static func precedes(path: String, _ other: String) -> Bool {
    let (parts, others) = (self.parts(path), self.parts(other))
    for (part, otherPart) in zip(parts, others) where !part.utf8.elementsEqual(otherPart.utf8) {
      return precedes(part, otherPart)
    }
    return parts.count < others.count
  }

  private static func parts(_ path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
  }
}
