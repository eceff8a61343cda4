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

  /// The first stretch at or after `start` that is missing below `size`, at most `limit` bytes.
  func firstGap(from start: Int64 = 0, size: Int64, limit: Int64) -> Range<Int64>? {
    var position = start
    for range in ranges where range.upperBound > position {
      if range.lowerBound > position { break }
      position = range.upperBound
    }
    guard position < size else { return nil }
    let end = ranges.first { $0.lowerBound > position }?.lowerBound ?? size
    return position..<min(end, size, position + limit)
  }
}
