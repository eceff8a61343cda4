/// The characters that stand for bytes in `vocab.json` and `merges.txt`.
///
/// Printable bytes of Latin-1 stand for themselves; the other 68, in order, are U+0100 to U+0143.
/// Source: `bytes_to_unicode` of OpenAI's GPT-2 encoder, which Qwen2 uses unchanged.
enum ByteAlphabet {
  /// The character of each byte.
  static let characters: [Unicode.Scalar] = {
    var others = (0x100...).lazy.compactMap(Unicode.Scalar.init(_:)).makeIterator()
    return (UInt8.min...UInt8.max).compactMap { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: Unicode.Scalar(byte)
      default: others.next()
      }
    }
  }()

  private static let bytes = Dictionary(
    uniqueKeysWithValues: zip(characters, UInt8.min...UInt8.max))

  /// The bytes that a token's text stands for.
  ///
  /// As in the tokenizers library, a text with other characters stands for its own bytes.
  static func bytes(of text: some Collection<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      guard let byte = bytes[scalar] else { return Array(text) }
      output.append(byte)
    }
    return output
  }
}
