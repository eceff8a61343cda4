import CImaging

/// Which input samples make each output sample along one side, and with which weights.
///
/// This is Pillow's bicubic filter (`Image.resize(…, BICUBIC)`, src/libImaging/Resample.c): the
/// cubic with a = -0.5, widened when an image shrinks so that every input sample counts, its
/// weights rounded to 22 fractional bits (see cimaging.h).
struct ResampleAxis {
  /// Reach of the cubic to either side, in samples.
  private static let reach = 2.0

  /// First input sample of each output sample, never decreasing.
  let starts: [Int]
  /// How many input samples make each output sample, at most `capacity`.
  let counts: [Int]
  /// `[outputs, capacity]`; the first `counts[output]` of a row are used.
  let weights: [Int32]
  /// The largest possible count.
  let capacity: Int

  /// - Precondition: both counts are at least 1.
  init(inputCount: Int, outputCount: Int) {
    precondition(inputCount > 0 && outputCount > 0)
    let scale = Double(inputCount) / Double(outputCount)
    let stretch = max(scale, 1)
    let support = Self.reach * stretch
    let capacity = Int(support.rounded(.up)) * 2 + 1
    var starts: [Int] = []
    var counts: [Int] = []
    var weights = [Int32](repeating: 0, count: outputCount * capacity)
    for output in 0..<outputCount {
      let centre = (Double(output) + 0.5) * scale
      let start = max(Int(centre - support + 0.5), 0)
      let count = min(Int(centre + support + 0.5), inputCount) - start
      let exact = (0..<count).map { tap in
        Self.cubic((Double(start + tap) - centre + 0.5) * (1 / stretch))
      }
      let sum = exact.reduce(0, +)
      for (tap, weight) in exact.enumerated() {
        weights[output * capacity + tap] = Self.fixedPoint(sum == 0 ? weight : weight / sum)
      }
      starts.append(start)
      counts.append(count)
    }
    self.starts = starts
    self.counts = counts
    self.weights = weights
    self.capacity = capacity
  }

  /// The input samples that make an output sample.
  func inputs(of output: Int) -> Range<Int> {
    starts[output]..<starts[output] + counts[output]
  }

  /// The cubic convolution kernel of Keys (1981) with a = -0.5.
  private static func cubic(_ distance: Double) -> Double {
    let a = -0.5
    let x = abs(distance)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < reach { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }

  /// Rounds half away from zero, as a C cast after adding ±0.5 does.
  private static func fixedPoint(_ weight: Double) -> Int32 {
    Int32((weight * Double(1 << CI_PRECISION_BITS)) + (weight < 0 ? -0.5 : 0.5))
  }
}
