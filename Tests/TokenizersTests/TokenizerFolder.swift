import Foundation
import TestSupport

@testable import Tokenizers

/// A folder of tokenizer files that a test writes, removed with the value.
final class TokenizerFolder {
  private let folder: TemporaryFolder

  var url: URL { folder.url }

  init() throws { folder = try TemporaryFolder() }

  func write(_ text: String, to name: String) throws { try folder.write(text, to: name) }

  func write(_ bytes: [UInt8], to name: String) throws { try folder.write(bytes, to: name) }

  func load() throws(TokenizerError) -> any Tokenizer { try loadTokenizer(folder: url) }

  /// A byte-level tokenizer: 256 bytes, the given merges and two added tokens.
  ///
  /// Each merge makes the next token.
  static func byteLevel(
    merges: [(String, String)] = [("h", "e"), ("l", "l"), ("he", "ll"), ("hell", "o"), ("Ġ", "w")]
  ) throws -> TokenizerFolder {
    let folder = try TokenizerFolder()
    let pieces = ByteAlphabet.characters.map { String($0) } + merges.map { $0.0 + $0.1 }
    let ids = Dictionary(uniqueKeysWithValues: zip(pieces, 0...))
    try folder.write(Array(try JSONEncoder().encode(ids)), to: "vocab.json")
    let lines = merges.map { "\($0.0) \($0.1)\n" }.joined()
    try folder.write("#version: 0.2\n" + lines, to: "merges.txt")
    let end = pieces.count
    try folder.write(#"{"<end>": \#(end), "<end>of": \#(end + 1)}"#, to: "added_tokens.json")
    try folder.write(#"{"eos_token": "<end>"}"#, to: "tokenizer_config.json")
    return folder
  }

  /// A SentencePiece tokenizer with 256 bytes, a few pieces and one added token behind them.
  static func sentencePiece(
    _ model: ModelWriter = ModelWriter()
  ) throws -> TokenizerFolder {
    let folder = try TokenizerFolder()
    try folder.write(model.bytes, to: "tokenizer.model")
    try folder.write(
      #"""
      {"add_bos_token": true, "bos_token": "<s>", "eos_token": {"content": "</s>"},
       "additional_special_tokens": ["<img>"],
       "added_tokens_decoder": {"0": {"content": "<unk>"}, "1": {"content": "<s>"},
         "2": {"content": "</s>"}, "\#(model.pieces.count)": {"content": "<img>"}}}
      """#, to: "tokenizer_config.json")
    return folder
  }
}

/// Writes a `tokenizer.model` field by field.
struct ModelWriter {
  /// Text and kind of each piece; earlier ones merge first.
  var pieces: [(text: String, kind: UInt8)] =
    [("<unk>", 2), ("<s>", 3), ("</s>", 3)]
    + (0..<256).map { (String(format: "<0x%02X>", $0), 6) }
    + ["\u{2581}a", "ab", "\u{2581}ab", "\u{2581}", "a", "b", "c"].map { ($0, 1) }
  /// 2 is BPE.
  var algorithm: UInt8 = 2
  var characterMap: [UInt8] = []
  /// Bytes behind everything else.
  var trailer: [UInt8] = []

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for (index, piece) in pieces.enumerated() {
      let score = Float(-index).bitPattern
      let scoreBytes = (0..<4).map { UInt8(truncatingIfNeeded: score >> (8 * UInt32($0))) }
      bytes += Self.field(
        1, Self.field(1, Array(piece.text.utf8)) + [0x15] + scoreBytes + [0x18, piece.kind])
    }
    // The algorithm and byte fallback.
    bytes += Self.field(2, [0x18, algorithm, 0x98, 0x02, 0x01])
    // The tables, then: add a space in front, keep doubled ones.
    bytes += Self.field(3, Self.field(2, characterMap) + [0x18, 0x01, 0x20, 0x00])
    return bytes + trailer
  }

  static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    var count = content.count
    var length: [UInt8] = []
    while count >= 0x80 {
      length.append(UInt8(count & 0x7F) | 0x80)
      count >>= 7
    }
    return [number << 3 | 2] + length + [UInt8(count)] + content
  }
}
