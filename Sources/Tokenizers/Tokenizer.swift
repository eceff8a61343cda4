package import Foundation

/// Turns text into token ids and back.
///
/// Ids outside the vocabulary decode to nothing; no id and no text can trap.
package protocol Tokenizer: Sendable {
  /// One more than the largest id that the files define, added tokens included.
  var vocabularySize: Int { get }

  /// The ids of a text.
  ///
  /// Added tokens (`<|im_start|>`, `<img>`, …) are cut out by their exact text first, the longest
  /// at each place; only what stands between them is split into pieces. A first token (`<s>`) is
  /// added where the tokenizer's files ask for one.
  func encode(_ text: String) -> [Int32]

  /// The id of the token with exactly this text, or nil when the files do not define one.
  func id(of token: String) -> Int32?

  /// The bytes of a token's text alone; not always whole characters.
  func bytes(of id: Int32) -> [UInt8]

  /// Whether a token is a piece of text like any other, and not one with a meaning of its own.
  func isText(_ id: Int32) -> Bool

  /// A decoder for ids that arrive one at a time.
  ///
  /// - Parameter skippingSpecial: leave out the tokens that the files list by role: `bos_token`,
  ///   `eos_token`, `unk_token`, `pad_token` and `additional_special_tokens`.
  /// - Returns: a stream that has seen no id yet.
  func makeStream(skippingSpecial: Bool) -> TextStream
}

extension Tokenizer {
  /// The text of these ids.
  package func decode(_ ids: [Int32], skippingSpecial: Bool) -> String {
    var stream = makeStream(skippingSpecial: skippingSpecial)
    var text = ""
    for id in ids { text += stream.append(id) }
    return text + stream.finish()
  }
}

/// Text that grows token by token and never takes back what it has shown.
package struct TextStream: Sendable {
  private var decoder: any StreamDecoder

  init(_ decoder: any StreamDecoder) { self.decoder = decoder }

  /// Takes the next id and returns the text that is certain because of it.
  ///
  /// A character whose bytes are spread over several tokens appears with the last of them.
  package mutating func append(_ id: Int32) -> String { decoder.append(id) }

  /// Returns what was still held back; bytes that did not become a character are U+FFFD.
  package mutating func finish() -> String { decoder.finish() }
}

/// What a tokenizer's `TextStream` is made of.
protocol StreamDecoder: Sendable {
  mutating func append(_ id: Int32) -> String
  mutating func finish() -> String
}

/// Reads the tokenizer of a checkpoint folder.
///
/// The forms of version 4 of transformers' slow tokenizers go first, as in OpenGVLab's code:
/// `tokenizer.model` makes it a SentencePiece tokenizer (InternVL3-9B), `vocab.json` and `merges.txt`
/// a byte-level one (all other sizes). Where they are missing, or version 5 wrote
/// `tokenizer_config.json`, `tokenizer.json` counts.
package func loadTokenizer(folder: URL) throws(TokenizerError) -> any Tokenizer {
  func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: name).path)
  }
  let isSlow = exists("tokenizer.model") || exists("vocab.json") && exists("merges.txt")
  if exists(TokenizerJSON.name), try isSlow ? isOfVersion5(folder) : true {
    let json = try TokenizerJSON(TokenizerFile(TokenizerJSON.name, in: folder))
    return MetaspacePipeline.isMeant(by: json)
      ? try MetaspaceTokenizer(json, folder: folder)
      : try ByteLevelTokenizer(json, folder: folder)
  }
  return exists("tokenizer.model")
    ? try SentencePieceTokenizer(folder: folder) : try ByteLevelTokenizer(folder: folder)
}

/// Whether version 5 of transformers wrote the folder's tokenizer: its tokenizer.json counts.
private func isOfVersion5(_ folder: URL) throws(TokenizerError) -> Bool {
  let config = try TokenizerFile("tokenizer_config.json", in: folder)
  return try config.parse(TokenRoles.init(json:)).backend == "tokenizers"
}
