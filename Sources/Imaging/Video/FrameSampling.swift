/// Which frames of a video stand for the whole.
package enum FrameSampling {
  /// The frames that InternVL's `get_index` takes: the middle of each of `segments` equal parts.
  ///
  /// `Int(length / 2 + roundHalfEven(length * segment))` with `length = (frameCount - 1) / segments`.
  /// A video with fewer frames than segments repeats frames.
  ///
  /// - Returns: `segments` indices in rising order, each less than `frameCount`.
  /// - Precondition: both numbers are at least 1.
  package static func indices(frameCount: Int, segments: Int) -> [Int] {
    precondition(frameCount > 0 && segments > 0, "\(frameCount) frames, \(segments) segments")
    let length = Double(frameCount - 1) / Double(segments)
    return (0..<segments).map { segment in
      Int(length / 2 + (length * Double(segment)).rounded(.toNearestOrEven))
    }
  }
}
