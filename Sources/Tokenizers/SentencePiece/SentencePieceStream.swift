/// Decodes SentencePiece tokens as they come.
///
/// Added tokens stand for their text and end a run of pieces. Within a run the rules are those of the
/// library's `Decode`: bytes join to characters, and the space that encoding put in front of the run
/// goes. Where `add_prefix_space` is set, the very first piece also loses its leading space mark.
/// Source: InternLM3's `convert_tokens_to_string`.
struct SentencePieceStream: StreamDecoder {
  private static let space: Unicode.Scalar = "\u{2581}"
  private static let replacement: Unicode.Scalar = "\u{FFFD}"

  private let model: SentencePieceModel
  private let added: AddedTokens
  private let skipsSpecial: Bool

  private var bytes = UTF8Assembler(replacesEachByte: true)
  /// Whether no id has been taken yet, apart from skipped ones.
  private var isFirst = true
  /// Whether the run has no text yet.
  private var runIsEmpty = true
  /// Whether a space mark now would be the one that encoding put in front of the run.
  private var expectsSpace = true
  /// Whether the last piece began with that mark.
  private var sawSpace = false
  /// How many U+FFFD at the end of the text wait for what follows.
  private var held = 0

  init(model: SentencePieceModel, added: AddedTokens, skipsSpecial: Bool) {
    self.model = model
    self.added = added
    self.skipsSpecial = skipsSpecial
  }

  mutating func append(_ id: Int32) -> String {
    if skipsSpecial, added.skipped.contains(id) { return "" }
    defer { isFirst = false }
    if let text = added.tokens[id]?.name {
      let rest = bytes.finish()
      runIsEmpty = true
      expectsSpace = true
      sawSpace = false
      return release(rest + text)
    }
    guard model.pieces.indices.contains(Int(id)) else { return "" }
    var piece = model.pieces[Int(id)]
    if isFirst, added.settings.addsPrefixSpace, piece.text.unicodeScalars.first == Self.space {
      piece = model.piece(String(piece.text.unicodeScalars.dropFirst()))
    }
    return release(text(of: piece))
  }

  mutating func finish() -> String {
    let rest = String(repeating: "\u{FFFD}", count: held) + bytes.finish()
    held = 0
    return rest
  }

  /// What a piece adds to the run's text.
  private mutating func text(of piece: SentencePieceModel.Piece) -> String {
    var text: String
    if let byte = piece.byte {
      text = bytes.append(CollectionOfOne(byte))
    } else {
      text = bytes.finish()
      if sawSpace || !runIsEmpty || !text.isEmpty { expectsSpace = false }
      text += plainText(of: piece)
    }
    if !text.isEmpty { runIsEmpty = false }
    return text
  }

  /// What a piece that is not a byte stands for.
  private mutating func plainText(of piece: SentencePieceModel.Piece) -> String {
    sawSpace = false
    switch piece.kind {
    case .control: return ""
    case .unknown: return piece.text == model.unknown.text ? model.unknownSurface : piece.text
    default: break
    }
    var scalars = piece.text.unicodeScalars[...]
    if expectsSpace, model.addsDummyPrefix || model.removesExtraWhitespace,
      scalars.first == Self.space
    {
      scalars.removeFirst()
      sawSpace = !model.removesExtraWhitespace
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars.lazy.map { $0 == Self.space ? " " : $0 })
    return String(text)
  }

  /// Holds back U+FFFD at the end: later bytes may still complete the character.
  private mutating func release(_ text: String) -> String {
    var scalars = text.unicodeScalars
    var trailing = 0
    while scalars.last == Self.replacement {
      scalars.removeLast()
      trailing += 1
    }
    guard !scalars.isEmpty else {
      held += trailing
      return ""
    }
    defer { held = trailing }
    return String(repeating: "\u{FFFD}", count: held) + String(scalars)
  }
}
