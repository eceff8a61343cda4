import Foundation

/// A tar archive in memory, for tests.
struct TarBytes {
  private(set) var bytes: [UInt8] = []

  /// Adds a member; `size` is what the header says, where that is not the content's.
  mutating func add(
    _ name: String, _ content: String = "", type: Character = "0", size: Int? = nil,
    link: String = ""
  ) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
    }
    put(name, at: 0)
    put("0000644\0", at: 100)
    put(String(format: "%011llo", size ?? content.utf8.count), at: 124)
    put("00000000001", at: 136)
    put("        \(type)", at: 148)
    put(link, at: 157)
    put("ustar\u{0}00", at: 257)
    put(String(format: "%06o\0 ", header.reduce(0) { $0 + Int($1) }), at: 148)
    bytes += header + Array(content.utf8)
    bytes += [UInt8](repeating: 0, count: (512 - content.utf8.count % 512) % 512)
  }

  var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }
}
