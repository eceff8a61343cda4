extension RGBImage {
  /// The image scaled to a new size, both sides on their own, byte for byte as Pillow's
  /// `resize((width, height), BICUBIC)`.
  ///
  /// One side is scaled and rounded to 8 bits, then the other. The rule for which comes first is
  /// that of Pillow 12.4 and newer (`ImagingResampleInner` in src/libImaging/Resample.c); before,
  /// the horizontal pass always did.
  ///
  /// - Precondition: both sides are at least 1.
  package func resized(width outputWidth: Int, height outputHeight: Int) -> RGBImage {
    if outputWidth == width && outputHeight == height { return self }
    let resampler = Resampler(self, width: outputWidth, height: outputHeight)
    let isVerticalFirst =
      height > outputHeight && height - outputHeight > 2 * (width - outputWidth)
    let output = isVerticalFirst ? resampler.verticalFirst() : resampler.horizontalFirst()
    return RGBImage(width: outputWidth, height: outputHeight, pixels: output)
  }
}

/// One resize of one image.
///
/// Between the passes it keeps only the rows that one output row needs.
private struct Resampler {
  private let input: [UInt8]
  private let inputRowBytes: Int
  private let outputRowBytes: Int
  private let outputHeight: Int
  private let columns: ResampleAxis
  private let rows: ResampleAxis

  init(_ image: RGBImage, width: Int, height: Int) {
    input = image.pixels
    inputRowBytes = image.width * 3
    outputRowBytes = width * 3
    outputHeight = height
    columns = ResampleAxis(inputCount: image.width, outputCount: width)
    rows = ResampleAxis(inputCount: image.height, outputCount: height)
  }

  func verticalFirst() -> [UInt8] {
    var output = [UInt8](repeating: 0, count: outputHeight * outputRowBytes)
    var blended = [UInt8](repeating: 0, count: inputRowBytes)
    var sums = [Int32](repeating: 0, count: inputRowBytes)
    for row in 0..<outputHeight {
      let starts = rows.inputs(of: row).map { $0 * inputRowBytes }
      blend(input, at: starts, for: row, into: &blended, at: 0, sums: &sums)
      scale(blended, at: 0, into: &output, at: row * outputRowBytes)
    }
    return output
  }

  func horizontalFirst() -> [UInt8] {
    var output = [UInt8](repeating: 0, count: outputHeight * outputRowBytes)
    // A ring: input row `i` lies scaled in slot `i % rows.capacity` until row `i + capacity` comes.
    var scaled = [UInt8](repeating: 0, count: rows.capacity * outputRowBytes)
    var sums = [Int32](repeating: 0, count: outputRowBytes)
    var nextRow = 0
    for row in 0..<outputHeight {
      let needed = rows.inputs(of: row)
      func slot(_ row: Int) -> Int { row % rows.capacity * outputRowBytes }
      for row in max(nextRow, needed.lowerBound)..<needed.upperBound {
        scale(input, at: row * inputRowBytes, into: &scaled, at: slot(row))
      }
      nextRow = needed.upperBound
      blend(
        scaled, at: needed.map(slot), for: row, into: &output, at: row * outputRowBytes,
        sums: &sums)
    }
    return output
  }

  /// Scales the row of `source` that starts at `start` horizontally.
  private func scale(
    _ source: [UInt8], at start: Int, into target: inout [UInt8], at targetStart: Int
  ) {
    let row = source.span.extracting(start..<start + inputRowBytes)
    let weights = columns.weights.span
    var scaled = target.mutableSpan
    for output in 0..<columns.starts.count {
      var red = ResampleAxis.half
      var green = ResampleAxis.half
      var blue = ResampleAxis.half
      var position = columns.starts[output] * 3
      let firstTap = output * columns.capacity
      for tap in firstTap..<firstTap + columns.counts[output] {
        let weight = weights[tap]
        red &+= Int32(row[position]) &* weight
        green &+= Int32(row[position + 1]) &* weight
        blue &+= Int32(row[position + 2]) &* weight
        position += 3
      }
      let first = targetStart + output * 3
      scaled[first] = clippedSample(red)
      scaled[first + 1] = clippedSample(green)
      scaled[first + 2] = clippedSample(blue)
    }
  }

  /// Blends the rows of `source` that start at `starts` into output row `row`.
  ///
  /// `sums` is room for the fixed-point sums of a row, as long as the row.
  private func blend(
    _ source: [UInt8], at starts: [Int], for row: Int, into target: inout [UInt8],
    at targetStart: Int, sums: inout [Int32]
  ) {
    let count = sums.count
    var total = sums.mutableSpan
    for index in 0..<count { total[index] = ResampleAxis.half }
    for (tap, start) in starts.enumerated() {
      let weight = rows.weights[row * rows.capacity + tap]
      let samples = source.span.extracting(start..<start + count)
      for index in 0..<count { total[index] &+= Int32(samples[index]) &* weight }
    }
    var blended = target.mutableSpan
    for index in 0..<count { blended[targetStart + index] = clippedSample(total[index]) }
  }
}

/// A fixed-point sum as a sample.
@inline(__always)
private func clippedSample(_ sum: Int32) -> UInt8 {
  UInt8(truncatingIfNeeded: min(max(sum >> ResampleAxis.precisionBits, 0), 255))
}
