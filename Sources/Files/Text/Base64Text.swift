import FoundationEssentials

extension StringProtocol {
  /// The bytes that base64 text stands for, in whichever way it is written: with line breaks and other
  /// white space, with or without `=` at its end, in the URL-safe alphabet, percent-encoded; nil where it
  /// stands for none.
  package var base64Bytes: [UInt8]? {
    var digits: [UInt8] = []
    digits.reserveCapacity(utf8.count + 3)
    for byte in utf8.contains(UInt8(ascii: "%")) ? utf8.percentDecoded : Array(utf8) {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): break
      case UInt8(ascii: "-"): digits.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): digits.append(UInt8(ascii: "/"))
      default: digits.append(byte)
      }
    }
    while digits.last == UInt8(ascii: "=") { digits.removeLast() }
    while digits.count % 4 != 0 { digits.append(UInt8(ascii: "=")) }
    return Data(base64Encoded: Data(digits)).map { Array($0) }
  }
}
