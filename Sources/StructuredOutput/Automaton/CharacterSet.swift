/// A set of Unicode scalars.
struct CharacterSet: Hashable, Sendable {
  /// Sorted, with gaps between them.
  let ranges: [ClosedRange<UInt32>]

  static let all = CharacterSet([0...0x10FFFF])
  /// Scalars: all code points but surrogates.
  private static let scalars: [ClosedRange<UInt32>] = [0...0xD7FF, 0xE000...0x10FFFF]

  /// The scalars in these ranges; what else is in them is left out.
  init(_ ranges: [ClosedRange<UInt32>]) {
    var merged: [ClosedRange<UInt32>] = []
    let parts = ranges.flatMap { range in
      Self.scalars.filter { $0.overlaps(range) }.map { $0.clamped(to: range) }
    }
    for range in parts.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  init(_ characters: String) { self.init(characters.unicodeScalars.map { $0.value...$0.value }) }

  /// All scalars that are not in the set.
  var inverted: CharacterSet {
    var gaps: [ClosedRange<UInt32>] = []
    for whole in Self.scalars {
      var next = whole.lowerBound
      for range in ranges where range.upperBound >= whole.lowerBound {
        guard range.lowerBound <= whole.upperBound else { break }
        if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
        next = max(next, range.upperBound + 1)
      }
      if next <= whole.upperBound { gaps.append(next...whole.upperBound) }
    }
    return CharacterSet(gaps)
  }
}

/// The classes of ECMA-262's regular expressions without the flag `u`.
extension CharacterSet {
  static let digits = CharacterSet([0x30...0x39])
  static let word = CharacterSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let space = CharacterSet([
    0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029,
    0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
  ])
  /// What `.` matches.
  static let notLineEnd = CharacterSet("\n\r\u{2028}\u{2029}").inverted
}
