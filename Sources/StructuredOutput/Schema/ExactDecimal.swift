/// A decimal number with all of its digits.
struct ExactDecimal: Hashable, Sendable {
  let isNegative: Bool
  /// Digits without zeros at either end; none for 0.
  let digits: [UInt8]
  /// Digits in front of the point: the value is `0.digits · 10^point`.
  let point: Int

  init(isNegative: Bool, digits: [UInt8], point: Int) {
    let start = digits.firstIndex { $0 != 0 } ?? digits.count
    let end = digits.lastIndex { $0 != 0 }.map { $0 + 1 } ?? start
    self.digits = Array(digits[start..<end])
    self.point = self.digits.isEmpty ? 0 : point - start
    self.isNegative = isNegative && !self.digits.isEmpty
  }

  init(_ value: Int) {
    self.init(jsonNumber: "\(value)")
  }

  /// Reads a number of JSON; exponents beyond a million count as a million.
  init(jsonNumber text: String) {
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    var bytes = Array(text.utf8)[...]
    let isNegative = bytes.first == UInt8(ascii: "-")
    if let mark = bytes.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) {
      let written = String(decoding: bytes[(mark + 1)...], as: UTF8.self)
      let limit = 1_000_000
      exponent = max(-limit, min(limit, Int(written) ?? (written.hasPrefix("-") ? -limit : limit)))
      bytes = bytes[..<mark]
    }
    for byte in bytes {
      if byte == UInt8(ascii: ".") { point = digits.count }
      if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        digits.append(byte - UInt8(ascii: "0"))
      }
    }
    self.init(isNegative: isNegative, digits: digits, point: (point ?? digits.count) + exponent)
  }

  var isZero: Bool { digits.isEmpty }
  var isInteger: Bool { digits.count <= point }

  /// The value where `Int` can hold it.
  var integer: Int? {
    guard isInteger, point <= 18 else { return nil }
    var value = 0
    for place in 0..<max(point, 0) { value = value * 10 + Int(digit(place)) }
    return isNegative ? -value : value
  }

  var magnitude: ExactDecimal { ExactDecimal(isNegative: false, digits: digits, point: point) }

  /// The digit at a place after the first one that is not 0.
  private func digit(_ place: Int) -> UInt8 { place < digits.count ? digits[place] : 0 }

  /// The digits in front of the point, at least one.
  ///
  /// - Precondition: `point` is small.
  var integerDigits: [UInt8] { point <= 0 ? [0] : (0..<point).map(digit) }

  /// The digits after the point, without zeros at the end.
  var fractionDigits: [UInt8] {
    guard !isInteger else { return [] }
    return [UInt8](repeating: 0, count: max(0, -point)) + digits[max(0, point)...]
  }

  /// The number as JSON: plain digits where they are few, an exponent otherwise.
  var json: String {
    let sign = isNegative ? "-" : ""
    func text(_ digits: some Sequence<UInt8>) -> String { digits.map { "\($0)" }.joined() }
    guard (-6...30).contains(point) else {
      let rest = digits.count > 1 ? "." + text(digits[1...]) : ""
      return "\(sign)\(digits[0])\(rest)e\(point - 1)"
    }
    let fraction = fractionDigits
    return sign + text(integerDigits) + (fraction.isEmpty ? "" : "." + text(fraction))
  }
}

extension ExactDecimal: Comparable {
  static func < (left: ExactDecimal, right: ExactDecimal) -> Bool {
    if left.isNegative != right.isNegative { return left.isNegative }
    let (small, large) = left.isNegative ? (right, left) : (left, right)
    if small.isZero || large.isZero { return small.isZero && !large.isZero }
    if small.point != large.point { return small.point < large.point }
    return small.digits.lexicographicallyPrecedes(large.digits)
  }
}
