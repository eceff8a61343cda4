import CSentencePiece
import Foundation

/// SentencePiece, as InternLM3 and InternLM2 use it.
struct SentencePieceTokenizer: Tokenizer {
  private let library: SentencePieceLibrary
  private let added: AddedTokens
  private let splitter: AddedTokenSplitter
  private let firstID: Int32?
  private let model: SentencePieceModel

  let vocabularySize: Int

  /// Reads `tokenizer.model` and the files of the added tokens.
  init(folder: URL) throws(TokenizerError) {
    let file = try TokenizerFile("tokenizer.model", in: folder, limit: 1 << 25)
    model = try file.parse(SentencePieceModel.init(file:))
    library = try file.parse(SentencePieceLibrary.init(file:))
    added = try AddedTokens(folder: folder)
    splitter = AddedTokenSplitter(added.tokens)
    vocabularySize = max(model.pieces.count, Int(added.tokens.keys.max() ?? -1) + 1)
    if added.settings.addsFirstToken {
      let name = added.settings.firstToken
      let piece = model.pieces.firstIndex { $0.kind == .control && $0.text == name }
      guard let id = added.id(of: name) ?? piece.map({ Int32($0) }) else {
        throw .damaged(path: file.path, .noFirstToken(name))
      }
      firstID = id
    } else {
      firstID = nil
    }
  }

  func encode(_ text: String) -> [Int32] {
    let bytes = Array(text.utf8)
    var ids = firstID.map { [$0] } ?? []
    for part in splitter.split(bytes) {
      switch part {
      case .token(let id): ids.append(id)
      // Each stretch is encoded alone, so each gets the leading space that the model adds.
      case .text(let range):
        ids += library.encode(bytes.span.extracting(range)) ?? [model.unknownID]
      }
    }
    return ids
  }

  func id(of token: String) -> Int32? {
    added.id(of: token) ?? model.pieces.firstIndex { $0.text == token }.map { Int32($0) }
  }

  func bytes(of id: Int32) -> [UInt8] {
    if let token = added.tokens[id] { return token.text }
    guard model.pieces.indices.contains(Int(id)) else { return [] }
    let piece = model.pieces[Int(id)]
    if let byte = piece.byte { return [byte] }
    return Array(piece.text.replacing("\u{2581}", with: " ").utf8)
  }

  func isText(_ id: Int32) -> Bool {
    guard added.tokens[id] == nil, model.pieces.indices.contains(Int(id)) else { return false }
    return [.normal, .userDefined, .byte].contains(model.pieces[Int(id)].kind)
  }

  func makeStream(skippingSpecial: Bool) -> TextStream {
    let stream = SentencePieceStream(model: model, added: added, skipsSpecial: skippingSpecial)
    return added.settings.cleansUp ? TextStream(CleanedStream(stream)) : TextStream(stream)
  }
}
