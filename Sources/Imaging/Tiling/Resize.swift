import CImaging

extension RGBImage {
  /// The image scaled to a new size, both sides on their own, byte for byte as Pillow's
  /// `resize((width, height), BICUBIC)`.
  ///
  /// One side is scaled and rounded to 8 bits, then the other. The rule for which comes first is
  /// that of Pillow 13 (`ImagingResampleInner` in src/libImaging/Resample.c); in older versions
  /// the width always did.
  ///
  /// - Precondition: both sides are at least 1.
  package func resized(width outputWidth: Int, height outputHeight: Int) -> RGBImage {
    if outputWidth == width && outputHeight == height { return self }
    let resampler = Resampler(self, width: outputWidth, height: outputHeight)
    let isHeightFirst = height > outputHeight && height - outputHeight > 2 * (width - outputWidth)
    let output = isHeightFirst ? resampler.heightFirst() : resampler.widthFirst()
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

  func heightFirst() -> [UInt8] {
    var output = [UInt8](repeating: 0, count: outputHeight * outputRowBytes)
    var blended = [UInt8](repeating: 0, count: inputRowBytes)
    for row in 0..<outputHeight {
      let starts = rows.inputs(of: row).map { $0 * inputRowBytes }
      blend(input, rowStarts: starts, for: row, into: &blended, at: 0, count: inputRowBytes)
      scale(blended, rowStart: 0, into: &output, at: row * outputRowBytes)
    }
    return output
  }

  func widthFirst() -> [UInt8] {
    var output = [UInt8](repeating: 0, count: outputHeight * outputRowBytes)
    // A ring: input row `i` lies scaled in slot `i % capacity` until row `i + capacity` comes.
    var scaled = [UInt8](repeating: 0, count: rows.capacity * outputRowBytes)
    func slotStart(_ row: Int) -> Int { row % rows.capacity * outputRowBytes }
    var nextRow = 0
    for row in 0..<outputHeight {
      let needed = rows.inputs(of: row)
      for row in max(nextRow, needed.lowerBound)..<needed.upperBound {
        scale(input, rowStart: row * inputRowBytes, into: &scaled, at: slotStart(row))
      }
      nextRow = needed.upperBound
      blend(
        scaled, rowStarts: needed.map(slotStart), for: row, into: &output,
        at: row * outputRowBytes, count: outputRowBytes)
    }
    return output
  }

  /// Scales a row of `source` to the output's width.
  private func scale(
    _ source: [UInt8], rowStart: Int, into target: inout [UInt8], at targetStart: Int
  ) {
    precondition(
      rowStart + inputRowBytes <= source.count && targetStart + outputRowBytes <= target.count)
    ci_scale_row(
      source, rowStart, columns.starts, columns.counts, columns.weights, columns.capacity,
      columns.starts.count, &target, targetStart)
  }

  /// Blends rows of `source`, `count` bytes each, into output row `row`.
  private func blend(
    _ source: [UInt8], rowStarts: [Int], for row: Int, into target: inout [UInt8],
    at targetStart: Int, count: Int
  ) {
    precondition(
      rowStarts.allSatisfy { $0 + count <= source.count } && targetStart + count <= target.count)
    let firstTap = row * rows.capacity
    let weights = Array(rows.weights[firstTap..<firstTap + rowStarts.count])
    ci_blend_rows(source, rowStarts, weights, rowStarts.count, count, &target, targetStart)
  }
}
