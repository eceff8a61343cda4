import Foundation

/// A SentencePiece model of pairs, as tokenizer.json has it.
struct MetaspaceTokenizer: Tokenizer {
  private let vocabulary: Vocabulary
  private let merges: PairTable
  private let added: AddedTokens
  private let splitter: AddedTokenSplitter
  fileprivate let pipeline: MetaspacePipeline
  /// The token of each of the 256 bytes, for characters that are no piece.
  private let byteTokens: [Int32]
  /// The byte of each of those tokens.
  private let bytes: [Int32: UInt8]

  let vocabularySize: Int

  /// Reads `tokenizer.json`, and the roles of the added tokens.
  init(_ json: TokenizerJSON, folder: URL) throws(TokenizerError) {
    pipeline = try json.file.parse { (_) throws(TokenizerDefect) in try MetaspacePipeline(json) }
    let vocabulary = try json.withVocabulary(Vocabulary.init(json:))
    byteTokens = try json.file.parse { (_) throws(TokenizerDefect) in
      try Self.byteTokens(vocabulary)
    }
    bytes = Dictionary(zip(byteTokens, UInt8.min...UInt8.max)) { first, _ in first }
    merges = try PairTable(json: json, vocabulary: vocabulary)
    let added = try AddedTokens(folder: folder, json: json)
    vocabularySize = try json.file.parse { (_) throws(TokenizerDefect) in
      try added.vocabularySize(with: vocabulary)
    }
    self.added = added
    splitter = AddedTokenSplitter(added.tokens)
    self.vocabulary = vocabulary
  }

  func encode(_ text: String) -> [Int32] {
    let utf8 = Array(text.utf8)
    var ids = pipeline.firstTokens
    var merger = PairMerger(byteTokens: [], merges: merges)
    for part in splitter.split(utf8) {
      switch part {
      case .token(let id): ids.append(id)
      case .text(let range):
        merger.append(symbols(utf8[range], isFirst: range.lowerBound == 0), to: &ids)
      }
    }
    return ids
  }

  func id(of token: String) -> Int32? {
    added.id(of: token) ?? vocabulary.id(of: Array(token.utf8).span)
  }

  func bytes(of id: Int32) -> [UInt8] {
    if let token = added.tokens[id] { return token.text }
    if let byte = bytes[id] { return [byte] }
    let text = String(decoding: vocabulary[id], as: UTF8.self)
    return Array(text.replacing(MetaspacePipeline.mark, with: " ").utf8)
  }

  func isText(_ id: Int32) -> Bool {
    added.tokens[id] == nil && !vocabulary[id].isEmpty && !Self.controls.contains(vocabulary[id])
  }

  func makeStream(skippingSpecial: Bool) -> TextStream {
    TextStream(MetaspaceStream(tokenizer: self, skipsSpecial: skippingSpecial))
  }

  fileprivate func isSpecial(_ id: Int32) -> Bool { added.skipped.contains(id) }

  /// The tokens of a stretch's characters, before anything is merged.
  private func symbols(_ utf8: ArraySlice<UInt8>, isFirst: Bool) -> [Int32] {
    let text = String(decoding: utf8, as: UTF8.self)
    var scalars = Array(text.unicodeScalars.map { $0 == " " ? Self.mark : $0 })
    let wantsMark =
      switch pipeline.prefix {
      case .first: isFirst && scalars.first != Self.mark
      case .always: scalars.first != Self.mark
      case .added: true
      case .never: false
      }
    if wantsMark { scalars.insert(Self.mark, at: 0) }
    var symbols: [Int32] = []
    for scalar in scalars {
      let bytes = Array(scalar.utf8)
      if let id = vocabulary.id(of: bytes.span) {
        symbols.append(id)
      } else {
        symbols += bytes.map { byteTokens[Int($0)] }
      }
    }
    return symbols
  }

  /// Pieces with a meaning of their own, which most files list as added tokens, too.
  private static let controls = ["<unk>", "<s>", "</s>"].map { ArraySlice($0.utf8) }

  private static let mark: Unicode.Scalar = "\u{2581}"

  private static func byteTokens(_ vocabulary: Vocabulary) throws(TokenizerDefect) -> [Int32] {
    var tokens: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      let digits = String(byte, radix: 16, uppercase: true)
      let name = "<0x\(byte < 16 ? "0" : "")\(digits)>"
      guard let id = vocabulary.id(of: Array(name.utf8).span) else {
        throw .missingByte(Int(byte))
      }
      tokens.append(id)
    }
    return tokens
  }
}

/// Decodes tokens as they come; the text loses the space that encoding puts in front of it.
private struct MetaspaceStream: StreamDecoder {
  let tokenizer: MetaspaceTokenizer
  let skipsSpecial: Bool
  var assembler = UTF8Assembler(replacesEachByte: true)
  var isFirst = true

  mutating func append(_ id: Int32) -> String {
    if skipsSpecial, tokenizer.isSpecial(id) { return "" }
    return release(assembler.append(tokenizer.bytes(of: id)))
  }

  mutating func finish() -> String { release(assembler.finish()) }

  private mutating func release(_ text: String) -> String {
    guard isFirst, tokenizer.pipeline.dropsFirstSpace, !text.isEmpty else { return text }
    isFirst = false
    var scalars = text.unicodeScalars
    if scalars.first == " " { scalars.removeFirst() }
    return String(scalars)
  }
}
