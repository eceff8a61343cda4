#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Kernels

/// Tokens that may be drawn, the likeliest first, and their weights.
///
/// Memory is for the whole vocabulary, and used again.
struct Candidates {
  /// How many there are.
  private(set) var count = 0
  /// The order of a candidate's logit in the upper half, its token in the lower; `count` are in use.
  private var items: [UInt64] = []
  private var scratch: [UInt64] = []
  private var histogram = [Int](repeating: 0, count: digits)
  /// Probabilities in units of the likeliest candidate's.
  private var weights: [Float] = []

  /// Takes the tokens whose logit is a finite number and `limit` or more.
  mutating func fill(
    _ logits: UnsafeBufferPointer<Float>, from limit: Float, maxima: BlockMaxima
  ) {
    if items.count != logits.count {
      items = [UInt64](repeating: 0, count: logits.count)
      scratch = items
    }
    count = 0
    for (block, largest) in maxima.values.enumerated() where largest >= limit {
      let first = block * BlockMaxima.blockSize
      for index in first..<min(first + BlockMaxima.blockSize, logits.count) {
        let logit = logits[index]
        guard logit >= limit, logit.isFinite else { continue }
        items[count] = UInt64(Self.order(logit)) << 32 | UInt64(index)
        count += 1
      }
    }
    for shift in stride(from: 32, to: 64, by: Self.digitBits) { sort(digitAt: shift) }
  }

  /// Keeps the likeliest.
  mutating func keep(_ largest: Int) { count = min(count, largest) }

  /// Weighs the candidates, of which there must be one.
  mutating func weigh(temperature: Float) {
    weights.removeAll(keepingCapacity: true)
    let largest = Self.logit(items[0])
    for item in items[..<count] { weights.append(expf((Self.logit(item) - largest) / temperature)) }
  }

  /// Keeps the smallest set of most likely tokens whose probability reaches `topP`.
  ///
  /// Source: Holtzman et al., "The Curious Case of Neural Text Degeneration" (2020).
  mutating func keepNucleus(_ topP: Float) {
    guard topP < 1 else { return }
    let limit = topP * weights.reduce(0, +)
    var sum: Float = 0
    let count = weights.firstIndex { weight in
      sum += weight
      return sum >= limit
    }
    if let count { weights.removeLast(weights.count - count - 1) }
  }

  /// Keeps those that are at least `minP` times as likely as the likeliest.
  ///
  /// Source: Nguyen et al., "Turning Up the Heat: Min-p Sampling" (2024).
  mutating func keepLikely(_ minP: Float) {
    while weights.count > 1, let weight = weights.last, weight < minP { weights.removeLast() }
  }

  /// The candidate at a place, from 0 to 1, of the weights laid end to end.
  func draw(_ place: Float) -> Int32 {
    var remaining = place * weights.reduce(0, +)
    for (index, weight) in weights.enumerated() {
      remaining -= weight
      if remaining < 0 { return Self.token(items[index]) }
    }
    return Self.token(items[weights.count - 1])
  }

  // MARK: - Order

  /// A number that is the smaller the larger the logit; the same for both zeros.
  private static func order(_ logit: Float) -> UInt32 {
    let bits = (logit + 0).bitPattern
    return bits >> 31 == 0 ? ~bits & 0x7FFF_FFFF : bits
  }

  private static func logit(_ item: UInt64) -> Float {
    let order = UInt32(truncatingIfNeeded: item >> 32)
    return Float(bitPattern: order >> 31 == 0 ? ~order & 0x7FFF_FFFF : order)
  }

  private static func token(_ item: UInt64) -> Int32 { Int32(truncatingIfNeeded: item) }

  private static let digitBits = 11
  private static let digits = 1 << digitBits

  /// A pass of a radix sort: sorts by one digit, and leaves the order of equals.
  ///
  /// All passes over a whole vocabulary take a millisecond, a twentieth of a sort by comparisons.
  private mutating func sort(digitAt shift: Int) {
    let mask = UInt64(Self.digits - 1)
    for digit in histogram.indices { histogram[digit] = 0 }
    for item in items[..<count] { histogram[Int(item >> shift & mask)] += 1 }
    var start = 0
    for digit in histogram.indices {
      (histogram[digit], start) = (start, start + histogram[digit])
    }
    for item in items[..<count] {
      let digit = Int(item >> shift & mask)
      scratch[histogram[digit]] = item
      histogram[digit] += 1
    }
    swap(&items, &scratch)
  }
}
