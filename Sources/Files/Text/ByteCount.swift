/// A size as people read it, in three digits and decimal units: "1.88 GB".
package struct ByteCount: CustomStringConvertible, Sendable {
  private let bytes: Int64

  package init(_ bytes: some BinaryInteger) { self.bytes = Int64(clamping: bytes) }

  package var description: String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
    return "\(Self.decimal(value, digits: digits)) \(units[unit])"
  }

  /// Decimal text with `digits` digits after the point, at most 2.
  private static func decimal(_ value: Double, digits: Int) -> String {
    let scale = [1, 10, 100][digits]
    let scaled = Int64((value * Double(scale)).rounded())
    guard digits > 0 else { return String(scaled) }
    let fraction = String(scaled % Int64(scale))
    return "\(scaled / Int64(scale))."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
