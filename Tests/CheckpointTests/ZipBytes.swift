@testable import Checkpoint

/// Assembles ZIP archives, sound ones and others.
struct ZipBytes {
  struct Entry {
    var name: String
    var content: [UInt8]
    /// The compression method: zero for none, 8 for deflate.
    var method: UInt16 = 0
    var flags: UInt16 = 0
    /// The name in the entry's own header.
    var ownName: String?
    /// What stands in the file in place of the content, packed by `method`.
    var packed: [UInt8]?
    /// The size of the content that is declared in place of the right one.
    var declaredBytes: Int?
    /// The same in the entry's own header, where it differs.
    var ownDeclaredBytes: Int?
    /// The checksum in place of the right one.
    var checksum: UInt32?
    /// Where its own header is said to lie.
    var headerOffset: Int?

    /// What stands in the file.
    var stored: [UInt8] { packed ?? (method == 8 ? ZipBytes.deflated(content) : content) }
    /// The sizes in the file and of the content, and the checksum.
    var sums: (packed: UInt64, content: UInt64, checksum: UInt32) {
      (
        UInt64(stored.count), UInt64(declaredBytes ?? content.count),
        checksum ?? ZipBytes.checksum(content)
      )
    }
  }

  var entries: [Entry]
  var comment: [UInt8] = []
  /// Whether sizes and offsets stand in the 64-bit fields.
  var isWide = false

  var bytes: [UInt8] {
    var archive: [UInt8] = []
    var directory: [UInt8] = []
    for entry in entries {
      let sums = entry.sums
      let offset = UInt64(entry.headerOffset ?? archive.count)
      let ownName = Array((entry.ownName ?? entry.name).utf8)
      archive += littleEndian(UInt32(0x0403_4B50)) + littleEndian(UInt16(20))
      archive += littleEndian(entry.flags) + littleEndian(entry.method)
      if entry.method == 0 {
        // torch leaves the sizes to a record behind the data.
        archive += [UInt8](repeating: 0, count: 16)
        archive += littleEndian(UInt16(ownName.count)) + littleEndian(UInt16(3))
        archive += ownName + [1, 2, 3]
      } else {
        archive += [0, 0, 0, 0] + littleEndian(sums.checksum)
        archive += littleEndian(UInt32(truncatingIfNeeded: sums.packed))
        archive += littleEndian(
          UInt32(truncatingIfNeeded: entry.ownDeclaredBytes ?? Int(sums.content)))
        archive += littleEndian(UInt16(ownName.count)) + [0, 0] + ownName
      }
      archive += entry.stored
      let isWide = isWide || sums.content >= UInt32.max
      let wide = littleEndian(sums.content) + littleEndian(sums.packed) + littleEndian(offset)
      let extra =
        isWide
        ? [9, 9, 1, 0, 7] + littleEndian(UInt16(1)) + littleEndian(UInt16(wide.count)) + wide : []
      directory += littleEndian(UInt32(0x0201_4B50)) + [0, 0, 0, 0]
      directory += littleEndian(entry.flags) + littleEndian(entry.method)
      directory += [0, 0, 0, 0] + littleEndian(sums.checksum)
      directory += littleEndian(isWide ? UInt32.max : UInt32(sums.packed))
      directory += littleEndian(isWide ? UInt32.max : UInt32(sums.content))
      directory += littleEndian(UInt16(entry.name.utf8.count))
      directory += littleEndian(UInt16(extra.count)) + [UInt8](repeating: 0, count: 10)
      directory += littleEndian(isWide ? UInt32.max : UInt32(offset))
      directory += Array(entry.name.utf8) + extra
    }
    return archive + directory + end(start: archive.count, size: directory.count)
  }

  private func end(start: Int, size: Int) -> [UInt8] {
    let count = UInt16(entries.count)
    var end: [UInt8] = []
    if isWide {
      end += littleEndian(UInt32(0x0606_4B50)) + littleEndian(UInt64(44))
      end += [45, 0, 45, 0] + [UInt8](repeating: 0, count: 8)
      end += littleEndian(UInt64(count)) + littleEndian(UInt64(count))
      end += littleEndian(UInt64(size)) + littleEndian(UInt64(start))
      end += littleEndian(UInt32(0x0706_4B50)) + [0, 0, 0, 0]
      end += littleEndian(UInt64(start + size)) + littleEndian(UInt32(1))
    }
    end += littleEndian(UInt32(0x0605_4B50)) + [0, 0, 0, 0]
    end += littleEndian(count) + littleEndian(count)
    end += littleEndian(isWide ? UInt32.max : UInt32(size))
    end += littleEndian(isWide ? UInt32.max : UInt32(start))
    return end + littleEndian(UInt16(comment.count)) + comment
  }

  /// Deflate's form (RFC 1951) of bytes that it does not shorten, in one block.
  static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    let count = UInt16(bytes.count)
    return [1] + littleEndian(count) + littleEndian(~count) + bytes
  }

  /// CRC-32 as in ZIP.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : (sum >> 1) ^ 0xEDB8_8320 }
    }
    return ~sum
  }
}
