import Foundation

/// The tokenizer of all sizes but 9B: byte-level pairs, as Qwen2 uses them.
struct ByteLevelTokenizer: Tokenizer {
  private let vocabulary: Vocabulary
  private let merges: PairTable
  private let added: AddedTokens
  /// Finds added tokens in text as it is written.
  private let splitter: AddedTokenSplitter
  /// Finds added tokens in normalised text.
  private let normalizedSplitter: AddedTokenSplitter
  private let normalizes: Bool
  /// The token of each of the 256 bytes.
  private let byteTokens: [Int32]

  let vocabularySize: Int

  /// Reads `vocab.json`, `merges.txt` and the files of the added tokens.
  init(folder: URL) throws(TokenizerError) {
    let file = try TokenizerFile("vocab.json", in: folder)
    let vocabulary = try file.parse(Vocabulary.init(json:))
    let byteTokens = try file.parse { (_) throws(TokenizerDefect) in
      try Self.byteTokens(vocabulary)
    }
    let mergeFile = try TokenizerFile("merges.txt", in: folder)
    let merges = try mergeFile.parse { (text) throws(TokenizerDefect) in
      try PairTable(merges: text, vocabulary: vocabulary)
    }
    try self.init(
      vocabulary, byteTokens: byteTokens, merges: merges, added: AddedTokens(folder: folder),
      normalizes: true, file: file)
  }

  /// Reads `tokenizer.json`, and the roles of the added tokens.
  init(_ json: TokenizerJSON, folder: URL) throws(TokenizerError) {
    let pipeline = try json.file.parse { (_) throws(TokenizerDefect) in
      try ByteLevelPipeline(json)
    }
    let vocabulary = try json.withVocabulary(Vocabulary.init(json:))
    let byteTokens = try json.file.parse { (_) throws(TokenizerDefect) in
      try Self.byteTokens(vocabulary)
    }
    try self.init(
      vocabulary, byteTokens: byteTokens, merges: PairTable(json: json, vocabulary: vocabulary),
      added: AddedTokens(folder: folder, json: json), normalizes: pipeline.normalizes,
      file: json.file)
  }

  private init(
    _ vocabulary: Vocabulary, byteTokens: [Int32], merges: PairTable, added: AddedTokens,
    normalizes: Bool, file: TokenizerFile
  ) throws(TokenizerError) {
    vocabularySize = try file.parse { (_) throws(TokenizerDefect) in
      try added.vocabularySize(with: vocabulary)
    }
    self.vocabulary = vocabulary
    self.byteTokens = byteTokens
    self.merges = merges
    self.added = added
    self.normalizes = normalizes
    splitter = AddedTokenSplitter(added.tokens.filter { !$0.value.isNormalized })
    normalizedSplitter = AddedTokenSplitter(
      added.tokens.filter { $0.value.isNormalized }.mapValues { token in
        normalizes ? token.withText(NormalizedText.utf8(token.text[...])) : token
      })
  }

  func encode(_ text: String) -> [Int32] {
    let bytes = Array(text.utf8)
    var ids: [Int32] = []
    var merger = PairMerger(byteTokens: byteTokens, merges: merges)
    for part in splitter.split(bytes) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range): appendStretch(bytes[range], to: &ids, with: &merger)
      }
    }
    return ids
  }

  /// Appends the tokens of text in which only tokens of normalised text may stand.
  private func appendStretch(
    _ utf8: ArraySlice<UInt8>, to ids: inout [Int32], with merger: inout PairMerger
  ) {
    guard !normalizedSplitter.isEmpty else { return append(utf8, to: &ids, with: &merger) }
    let bytes = normalizes ? NormalizedText.utf8(utf8) : Array(utf8)
    for part in normalizedSplitter.split(bytes) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range): append(bytes[range], to: &ids, with: &merger)
      }
    }
  }

  func id(of token: String) -> Int32? {
    added.id(of: token) ?? vocabulary.id(of: Array(token.utf8).span)
  }

  func makeStream(skippingSpecial: Bool) -> TextStream {
    TextStream(ByteLevelStream(tokenizer: self, skipsSpecial: skippingSpecial))
  }

  func bytes(of id: Int32) -> [UInt8] {
    added.tokens[id]?.text ?? ByteAlphabet.bytes(of: vocabulary[id])
  }

  func isText(_ id: Int32) -> Bool { added.tokens[id] == nil && !vocabulary[id].isEmpty }

  fileprivate func isSpecial(_ id: Int32) -> Bool { added.skipped.contains(id) }

  /// Appends the tokens of text without added tokens.
  private func append(
    _ utf8: ArraySlice<UInt8>, to ids: inout [Int32], with merger: inout PairMerger
  ) {
    let scalars =
      normalizes
      ? NormalizedText.scalars(utf8)
      : Array(String(decoding: utf8, as: UTF8.self).unicodeScalars)
    let scanner = PieceScanner(scalars)
    var piece: [UInt8] = []
    var start = 0
    while start < scalars.count {
      let end = scanner.pieceEnd(from: start)
      piece.removeAll(keepingCapacity: true)
      for scalar in scalars[start..<end] { piece.append(contentsOf: scalar.utf8) }
      merger.append(piece.span, to: &ids)
      start = end
    }
  }

  private static func byteTokens(_ vocabulary: Vocabulary) throws(TokenizerDefect) -> [Int32] {
    var tokens: [Int32] = []
    for (byte, character) in ByteAlphabet.characters.enumerated() {
      guard let id = vocabulary.id(of: Array(character.utf8).span) else {
        throw .missingByte(byte)
      }
      tokens.append(id)
    }
    return tokens
  }
}

/// Decodes byte-level tokens as they come.
private struct ByteLevelStream: StreamDecoder {
  let tokenizer: ByteLevelTokenizer
  let skipsSpecial: Bool
  var assembler = UTF8Assembler(replacesEachByte: false)

  mutating func append(_ id: Int32) -> String {
    if skipsSpecial, tokenizer.isSpecial(id) { return "" }
    return assembler.append(tokenizer.bytes(of: id))
  }

  mutating func finish() -> String { assembler.finish() }
}
