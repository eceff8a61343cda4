/// What a `tokenizer.model` file says, read and checked.
///
/// The SentencePiece library trusts its files in places: it follows offsets of the normalisation
/// tables unchecked and passes pieces on as C strings. So every file is read here first, and
/// only what passes goes to the library. Source of the fields: `sentencepiece_model.proto`.
struct SentencePieceModel {
  /// Pieces longer than this are refused; the library recurses over them.
  private static let longestPiece = 1 << 10

  /// A piece of the vocabulary.
  struct Piece: Sendable {
    let text: String
    let kind: Kind

    /// The byte that a piece `<0xNN>` of the kind `byte` stands for.
    var byte: UInt8? {
      kind == .byte ? UInt8(text.dropFirst(3).dropLast(), radix: 16) : nil
    }
  }

  /// What a piece is for; the raw values are the file's.
  enum Kind: UInt64, Sendable {
    case normal = 1
    case unknown, control, userDefined, unused, byte
  }

  /// The pieces by id.
  private(set) var pieces: [Piece] = []
  /// The id of the piece for what no other piece covers.
  private(set) var unknownID: Int32 = 0
  /// What the unknown piece decodes to.
  private(set) var unknownSurface = " \u{2047} "
  /// Whether encoding puts a space in front of text.
  private(set) var addsDummyPrefix = true
  /// Whether encoding drops spaces at the ends and doubled ones.
  private(set) var removesExtraWhitespace = true
  private var algorithm: UInt64 = 1

  init(file: Span<UInt8>) throws(TokenizerDefect) {
    var reader = ProtobufReader(0..<file.count)
    while let (field, value) = try reader.next(in: file) {
      guard case .bytes(let message) = value else { continue }
      switch field {
      case 1: try readPiece(message, in: file)
      case 2: try readTrainer(message, in: file)
      case 3: try readNormalizer(message, in: file)
      case 5: throw .sentencePiece(.changesDecodedText)
      default: break
      }
    }
    guard algorithm == 2 else { throw .sentencePiece(.notBPE) }
    guard let unknown = pieces.firstIndex(where: { $0.kind == .unknown }) else {
      throw .sentencePiece(.noUnknownPiece)
    }
    unknownID = Int32(unknown)
    try checkReservedPieces()
  }

  /// The piece for what no other piece covers.
  var unknown: Piece { pieces[Int(unknownID)] }

  /// The piece with this text, or an unknown one.
  func piece(_ text: String) -> Piece {
    pieces.first { $0.text == text } ?? Piece(text: text, kind: .unknown)
  }

  private mutating func readPiece(
    _ message: Range<Int>, in file: Span<UInt8>
  ) throws(TokenizerDefect) {
    var text: String?
    var kind = Kind.normal
    var reader = ProtobufReader(message)
    while let field = try reader.next(in: file) {
      switch field {
      case (1, .bytes(let range)): text = try string(range, in: file)
      // The library also takes unknown numbers for the default.
      case (3, .varint(let number)): kind = Kind(rawValue: number) ?? kind
      default: break
      }
    }
    let count = text?.utf8.count ?? 0
    guard let text, 1...Self.longestPiece ~= count, !text.utf8.contains(0) else {
      throw .tokenLength(id: pieces.count, bytes: count, limit: Self.longestPiece)
    }
    guard pieces.count < tokenIDLimit else { throw .sentencePiece(.tooManyPieces) }
    pieces.append(Piece(text: text, kind: kind))
  }

  private mutating func readTrainer(
    _ message: Range<Int>, in file: Span<UInt8>
  ) throws(TokenizerDefect) {
    var reader = ProtobufReader(message)
    while let field = try reader.next(in: file) {
      switch field {
      case (3, .varint(let number)): algorithm = number
      case (44, .bytes(let range)): unknownSurface = try string(range, in: file)
      default: break
      }
    }
  }

  private mutating func readNormalizer(
    _ message: Range<Int>, in file: Span<UInt8>
  ) throws(TokenizerDefect) {
    var reader = ProtobufReader(message)
    while let field = try reader.next(in: file) {
      switch field {
      case (2, .bytes(let range)): try checkCharacterMap(file.extracting(range))
      case (3, .varint(let flag)): addsDummyPrefix = flag != 0
      case (4, .varint(let flag)): removesExtraWhitespace = flag != 0
      default: break
      }
    }
  }

  /// Checks that encoding cannot meet a control or unknown piece in text, which the library would
  /// take for the end of what it can encode, and that byte pieces are not ordinary ones as well.
  private func checkReservedPieces() throws(TokenizerDefect) {
    let kinds: Set<Kind> = [.control, .unknown, .byte]
    let reserved = Set(pieces.lazy.filter { kinds.contains($0.kind) }.map(\.text))
    for piece in pieces {
      if kinds.contains(piece.kind) {
        guard piece.text.unicodeScalars.count > 1 else {
          throw .sentencePiece(.reservedCharacter(piece.text))
        }
      } else if reserved.contains(piece.text) {
        throw .duplicateToken(piece.text)
      }
    }
  }

  private func string(
    _ range: Range<Int>, in file: Span<UInt8>
  ) throws(TokenizerDefect) -> String {
    let text = file.extracting(range).withUnsafeBufferPointer {
      String(validating: $0, as: UTF8.self)
    }
    guard let text else { throw .invalidUTF8(offset: range.lowerBound) }
    return text
  }
}

/// Checks a `precompiled_charsmap`: that looking up any text in it stays inside.
///
/// It is a 32-bit size, a double-array trie of that many bytes and zero-terminated replacements. Each
/// 32-bit unit of the trie has a label (bits 0 to 7), a leaf flag (8), an offset (10 up; bit 9 scales it
/// by 256) and leads to the unit at `index ^ offset`, where a replacement's place is, and from there to
/// `^ byte`. Source: darts-clone's `DoubleArrayUnit` and SentencePiece's `normalizer.cc`.
private func checkCharacterMap(_ map: Span<UInt8>) throws(TokenizerDefect) {
  /// No normalisation replaces one character with more bytes than this.
  let longestReplacement = 256
  guard !map.isEmpty else { return }
  let broken = TokenizerDefect.sentencePiece(.normalisationTable)
  func word(_ offset: Int) -> Int {
    (0..<4).reduce(0) { $0 | Int(map[offset + $1]) << (8 * $1) }
  }
  guard map.count > 8, case let trieBytes = word(0), trieBytes % 4 == 0, trieBytes > 0,
    trieBytes < map.count - 4, map[map.count - 1] == 0
  else { throw broken }
  let units = trieBytes / 4
  let replacements = map.extracting((4 + trieBytes)...)
  for index in 0..<units {
    let unit = word(4 + 4 * index)
    // Units with the top bit set hold a replacement's place; the first is always the root.
    if unit >> 31 == 1, index > 0 { continue }
    let target = index ^ ((unit >> 10) << ((unit & 1 << 9) >> 6))
    guard target | 0xFF < units else { throw broken }
    if unit >> 8 & 1 == 1 {
      guard word(4 + 4 * target) & 0x7FFF_FFFF < replacements.count else { throw broken }
    }
  }
  var length = 0
  for index in replacements.indices {
    length = replacements[index] == 0 ? 0 : length + 1
    guard length <= longestReplacement else { throw broken }
  }
}
