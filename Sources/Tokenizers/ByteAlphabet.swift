/// The characters that stand for bytes in `vocab.json` and `merges.txt`.
///
/// Printable bytes of Latin-1 stand for themselves; the other 68, in order, are U+0100 to U+0143.
/// Source: `bytes_to_unicode` of OpenAI's GPT-2 encoder, which Qwen2 uses unchanged.
enum ByteAlphabet {
  /// The byte that a character stands for; `scalars[value]` is nil for all other characters.
  private static let bytes: [UInt8?] = {
    var table = [UInt8?](repeating: nil, count: 0x144)
    var next = 0x100
    for byte in UInt8.min...UInt8.max {
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: table[Int(byte)] = byte
      default:
        table[next] = byte
        next += 1
      }
    }
    return table
  }()

  /// Appends the bytes that a UTF-8 text stands for.
  ///
  /// - Returns: whether every character stands for a byte; if not, some bytes may be missing.
  static func append(_ text: Span<UInt8>, to output: inout [UInt8]) -> Bool {
    var index = 0
    while index < text.count {
      var value = Int(text[index])
      index += 1
      if value >= 0x80 {
        // All characters of the alphabet have at most two bytes in UTF-8.
        guard value & 0xE0 == 0xC0, index < text.count, text[index] & 0xC0 == 0x80 else {
          return false
        }
        value = (value & 0x1F) << 6 | Int(text[index] & 0x3F)
        index += 1
      }
      guard value < bytes.count, let byte = bytes[value] else { return false }
      output.append(byte)
    }
    return true
  }
}
