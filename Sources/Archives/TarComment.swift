/// A comment on a whole tar archive, to stand in front of its members: a global header in pax's form,
/// which readers pass over.
package struct TarComment: Sendable {
  /// A header and the text, in whole blocks.
  package let bytes: [UInt8]

  /// - Precondition: the text fits into a block of 512 bytes with 12 others, and holds no NUL or line feed.
  package init(_ text: String) {
    let content = Self.record(text)
    precondition(content.count <= 512, "a comment of \(text.utf8.count) bytes")
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    put("pax_global_header", at: 0)
    for (offset, value) in [(100, 0o644), (108, 0), (116, 0)] {
      put(Self.octal(value, digits: 7), at: offset)
    }
    for (offset, value) in [(124, content.count), (136, 0)] {
      put(Self.octal(value, digits: 11), at: offset)
    }
    put("g", at: 156)
    put("ustar\u{0}00", at: 257)
    // The checksum counts itself as spaces.
    let sum = header.reduce(8 * 32) { $0 + Int($1) }
    put(Self.octal(sum, digits: 6) + "\u{0} ", at: 148)
    bytes = header + content + [UInt8](repeating: 0, count: 512 - content.count)
  }

  /// "17 comment=text" and a line feed; the number is how many bytes that are, its own digits included.
  private static func record(_ text: String) -> [UInt8] {
    let rest = " comment=\(text)\n"
    var count = rest.utf8.count
    while "\(count)\(rest)".utf8.count != count { count = "\(count)\(rest)".utf8.count }
    return Array("\(count)\(rest)".utf8)
  }

  private static func octal(_ value: Int, digits: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: digits - text.count) + text
  }
}
