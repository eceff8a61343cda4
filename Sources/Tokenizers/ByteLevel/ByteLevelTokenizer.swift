import Foundation

/// The tokenizer of all sizes but 9B: byte-level pairs, as Qwen2 uses them.
struct ByteLevelTokenizer: Tokenizer {
  private let vocabulary: Vocabulary
  private let merges: PairTable
  private let added: AddedTokens
  private let splitter: AddedTokenSplitter
  /// The token of each of the 256 bytes.
  private let byteTokens: [Int32]

  let vocabularySize: Int

  /// Reads `vocab.json`, `merges.txt` and the files of the added tokens.
  init(folder: URL) throws(TokenizerError) {
    let file = try TokenizerFile("vocab.json", in: folder)
    let vocabulary = try file.parse(Vocabulary.init(json:))
    byteTokens = try file.parse { (_) throws(TokenizerDefect) in
      try Self.byteTokens(vocabulary)
    }
    let mergeFile = try TokenizerFile("merges.txt", in: folder)
    merges = try mergeFile.parse { (text) throws(TokenizerDefect) in
      try PairTable(merges: text, vocabulary: vocabulary)
    }
    added = try AddedTokens(folder: folder)
    for (id, text) in added.texts {
      let known = vocabulary.id(of: Array(text.utf8).span)
      guard known ?? id == id, vocabulary[id].isEmpty || known == id else {
        throw .damaged(path: file.path, .conflictingToken(token: text, id: Int(id)))
      }
    }
    splitter = AddedTokenSplitter(added.texts)
    self.vocabulary = vocabulary
    vocabularySize = max(vocabulary.count, Int(added.texts.keys.max() ?? -1) + 1)
  }

  func encode(_ text: String) -> [Int32] {
    let bytes = Array(text.utf8)
    var ids: [Int32] = []
    var merger = PairMerger(byteTokens: byteTokens, merges: merges)
    for part in splitter.split(bytes) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range): append(bytes[range], to: &ids, with: &merger)
      }
    }
    return ids
  }

  func id(of token: String) -> Int32? {
    added.ids[token] ?? vocabulary.id(of: Array(token.utf8).span)
  }

  func makeStream(skippingSpecial: Bool) -> TextStream {
    TextStream(ByteLevelStream(tokenizer: self, skipsSpecial: skippingSpecial))
  }

  func bytes(of id: Int32) -> [UInt8] {
    added.texts[id].map { Array($0.utf8) } ?? ByteAlphabet.bytes(of: vocabulary[id])
  }

  func isText(_ id: Int32) -> Bool { added.texts[id] == nil && !vocabulary[id].isEmpty }

  fileprivate func isSpecial(_ id: Int32) -> Bool { added.skipped.contains(id) }

  /// Appends the tokens of text without added tokens.
  private func append(
    _ utf8: ArraySlice<UInt8>, to ids: inout [Int32], with merger: inout PairMerger
  ) {
    let scalars = NormalizedText.scalars(utf8)
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
