import Files
import Foundation

/// JSON for scripts: one line, keys sorted.
enum JSONText {
  /// The value's JSON and a line feed.
  ///
  /// Characters that control a terminal are escaped, so that
  /// the line can be looked at, and the text inside is exact all the same.
  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(value), as: UTF8.self)
    var line = String.UnicodeScalarView()
    for scalar in json.unicodeScalars {
      if (0x7F...0x9F).contains(scalar.value) {
        line.append(contentsOf: "\\u\(UInt16(scalar.value).hexadecimal)".unicodeScalars)
      } else {
        line.append(scalar)
      }
    }
    line.append("\n")
    return String(line)
  }
}
