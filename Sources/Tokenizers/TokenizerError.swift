package import Files
package import JSON

/// Why a tokenizer could not be read.
package enum TokenizerError: Error, Equatable {
  /// The file is not there.
  case missing(path: String)
  /// The file cannot be read, is a folder, a pipe or a device, or is larger than any tokenizer's file
  /// of this kind.
  case unreadable(FileError)
  /// The file is what Git checks out in place of a large file that was not fetched.
  case pointer(path: String)
  /// The file's contents are wrong.
  case damaged(path: String, TokenizerDefect)
}

/// What is wrong with a tokenizer file's contents.
package enum TokenizerDefect: Error, Equatable {
  /// A `{"token": id}` object is not JSON.
  case json(JSONFault)
  /// Text is not valid UTF-8, at a byte offset.
  case invalidUTF8(offset: Int)
  /// A JSON file cannot be decoded.
  case notJSON
  /// A part of a JSON file lacks a key. `part` is a path of keys, empty for the file.
  case missingKey(String, in: String)
  /// A part of a JSON file has another type than expected. `part` is a path of keys, empty for the file.
  case wrongType(_ part: String)
  /// An added token is not valid UTF-8.
  case tokenNotUTF8
  /// A token's id is negative or beyond `limit`.
  case idOutOfRange(token: String, id: String, limit: Int)
  /// Two tokens have the same id.
  case duplicateID(Int)
  /// The same token is listed twice, with two ids.
  case duplicateToken(String)
  /// A token's text is empty or longer than `limit` bytes.
  case tokenLength(id: Int, bytes: Int, limit: Int)
  /// The vocabulary has no token for a single byte.
  case missingByte(Int)
  /// A line of the merges is not two pieces with one space between them.
  case notAMerge(line: Int)
  /// A merge names a piece, or makes one, that the vocabulary does not have.
  case unknownPiece(line: Int, piece: String)
  /// The same merge is listed twice.
  case duplicateMerge(line: Int)
  /// An added token has the id of another token, or another id than the vocabulary gives it.
  case conflictingToken(token: String, id: Int)
  /// tokenizer.json has a step that is done in no way here.
  case unsupported(_ part: String, String)
  /// The tokenizer starts every text with a token that it does not define.
  case noFirstToken(String)
  /// A SentencePiece model cannot be used.
  case sentencePiece(SentencePieceDefect)
}

/// What is wrong with a SentencePiece model.
package enum SentencePieceDefect: Error, Equatable {
  /// A field is malformed, at a byte offset.
  case field(offset: Int)
  /// It has a denormaliser, which changes text after decoding.
  case changesDecodedText
  /// Its algorithm is not BPE.
  case notBPE
  /// No piece stands for what is unknown.
  case noUnknownPiece
  /// It has more pieces than there are token ids.
  case tooManyPieces
  /// A control, unknown or byte piece is a single character, which text may hold.
  case reservedCharacter(String)
  /// Looking up text in its normalisation table would leave the table.
  case normalisationTable
  /// SentencePiece refuses it, for the reason given.
  case refused(String)
}

extension TokenizerError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .missing(let path):
      "the tokenizer file '\(path)' is missing; download the model again"
    case .unreadable(let error):
      "cannot read the tokenizer file '\(error.path)': \(error.reason)"
    case .pointer(let path):
      "the tokenizer file '\(path)' is a Git LFS pointer in place of the file; fetch it with 'git lfs "
        + "pull', or download the model again"
    case .damaged(let path, .unsupported(let part, let found)):
      "the tokenizer file '\(path)' has a \(part) that is not supported: \(found.quoted)"
    case .damaged(let path, let defect):
      "the tokenizer file '\(path)' is damaged: \(defect); download the model again"
    }
  }
}

extension TokenizerDefect: CustomStringConvertible {
  package var description: String {
    switch self {
    case .json(let fault): "\(fault)"
    case .invalidUTF8(let offset): "byte \(offset) is not valid UTF-8"
    case .notJSON: "it is not valid JSON"
    case .missingKey(let key, let part): "\(Self.place(part)) has no \(key)"
    case .wrongType(let part): "\(Self.place(part)) has another type than expected"
    case .tokenNotUTF8: "a token is not valid UTF-8"
    case .idOutOfRange(let token, let id, let limit):
      "token \(token.quoted) has id \(id.prefix(40)), expected 0 to \(limit - 1)"
    case .duplicateID(let id): "two tokens have the id \(id)"
    case .duplicateToken(let token): "token \(token.quoted) is listed twice"
    case .tokenLength(let id, let bytes, let limit):
      "token \(id) has \(bytes) bytes, expected 1 to \(limit)"
    case .missingByte(let byte): "there is no token for the single byte \(byte)"
    case .notAMerge(let line): "line \(line) is not two pieces with one space between them"
    case .unknownPiece(let line, let piece):
      "line \(line) needs the piece \(piece.quoted), which the vocabulary does not have"
    case .duplicateMerge(let line): "line \(line) repeats an earlier merge"
    case .conflictingToken(let token, let id):
      "added token \(token.quoted) cannot have the id \(id), which disagrees with other entries"
    case .unsupported(let part, let found): "its \(part) is \(found.quoted)"
    case .noFirstToken(let token):
      "every text should start with \(token.quoted), which is not defined"
    case .sentencePiece(let defect): "\(defect)"
    }
  }

  private static func place(_ part: String) -> String { part.isEmpty ? "the file" : part.quoted }
}

extension SentencePieceDefect: CustomStringConvertible {
  package var description: String {
    switch self {
    case .field(let offset): "the field at byte \(offset) is malformed"
    case .changesDecodedText: "it changes text after decoding"
    case .notBPE: "it is not a BPE model"
    case .noUnknownPiece: "it has no unknown piece"
    case .tooManyPieces: "it has too many pieces"
    case .reservedCharacter(let piece): "its reserved piece \(piece.quoted) is one character"
    case .normalisationTable: "its normalisation table is damaged"
    case .refused(let reason): "SentencePiece says: \(reason)"
    }
  }
}
