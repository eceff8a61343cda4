/// Which bytes of a file are there: ranges in order, neither empty nor touching.
package struct ByteRanges: Equatable, Sendable {
  package private(set) var ranges: [Range<Int64>] = []

  package init() {}

  /// How many bytes the ranges hold together.
  package var count: Int64 { ranges.reduce(0) { $0 + Int64($1.count) } }

  /// How many bytes from the start are there without a gap.
  var prefix: Int64 {
    guard let first = ranges.first, first.lowerBound == 0 else { return 0 }
    return first.upperBound
  }

  /// Adds a range, joining it with those it overlaps or touches.
  mutating func insert(_ range: Range<Int64>) {
    guard !range.isEmpty else { return }
    var joined = range
    let first = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.count
    var last = first
    while last < ranges.count, ranges[last].lowerBound <= range.upperBound {
      joined =
        min(
          joined.lowerBound, ranges[last].lowerBound)..<max(
          joined.upperBound, ranges[last].upperBound)
      last += 1
    }
    ranges.replaceSubrange(first..<last, with: [joined])
  }

  /// The ranges as far as they lie below `size`.
  func clipped(to size: Int64) -> ByteRanges {
    var result = ByteRanges()
    for range in ranges where range.lowerBound < size {
      result.insert(range.lowerBound..<min(range.upperBound, size))
    }
    return result
  }

  /// The stretches of `range` that are missing, in order.
  func gaps(in range: Range<Int64>) -> [Range<Int64>] {
    var gaps: [Range<Int64>] = []
    var position = range.lowerBound
    for present in ranges where present.upperBound > position {
      guard present.lowerBound < range.upperBound else { break }
      if present.lowerBound > position { gaps.append(position..<present.lowerBound) }
      position = present.upperBound
    }
    if position < range.upperBound { gaps.append(position..<range.upperBound) }
    return gaps
  }

  /// The first stretch that is missing below `size`, at most `limit` bytes of it.
  func firstGap(size: Int64, limit: Int64) -> Range<Int64>? {
    gaps(in: 0..<size).first.map { $0.lowerBound..<min($0.upperBound, $0.lowerBound + limit) }
  }
}
