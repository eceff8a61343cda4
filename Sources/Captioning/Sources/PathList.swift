import Files

/// A file with the paths of pictures, one a line, or one before each NUL byte.
package enum PathList {
  /// The paths in a list's bytes; where any byte is NUL, lines mean nothing.
  ///
  /// - Throws: `CaptioningError.badListEntry` where one is not UTF-8; it counts from 1.
  package static func paths(_ bytes: [UInt8]) throws(CaptioningError) -> [String] {
    let separator: UInt8 = bytes.contains(0) ? 0 : 0x0A
    var paths: [String] = []
    for (index, entry) in bytes.split(separator: separator).enumerated() {
      let isWindowsLine = separator == 0x0A && entry.last == 0x0D
      guard let path = String(validating: entry.dropLast(isWindowsLine ? 1 : 0), as: UTF8.self)
      else {
        throw .badListEntry(index + 1)
      }
      if !path.isEmpty { paths.append(path) }
    }
    return paths
  }
}
