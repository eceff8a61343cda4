import Foundation

/// The tokens that stand outside the model's own splitting, and those that answers leave out.
struct AddedTokens: Sendable {
  /// Added tokens longer than this are refused.
  private static let longestToken = 1 << 10

  /// The text of each added token.
  private(set) var texts: [Int32: String] = [:]
  /// The id of each added token's text.
  private(set) var ids: [String: Int32] = [:]
  /// The ids of the tokens that the files list by role.
  ///
  /// These, and not all that are marked "special", are what OpenGVLab's code leaves out of answers:
  /// it decodes with the slow tokenizers of the transformers library.
  private(set) var skipped: Set<Int32> = []
  /// The other settings of `tokenizer_config.json`.
  let settings: Settings

  /// The settings of `tokenizer_config.json` that matter here.
  struct Settings: Sendable {
    let addsFirstToken: Bool
    let firstToken: String
    let addsPrefixSpace: Bool
  }

  /// Reads `added_tokens.json`, `tokenizer_config.json` and `special_tokens_map.json`; the first and
  /// the last may be absent.
  init(folder: URL) throws(TokenizerError) {
    let config = try TokenizerFile("tokenizer_config.json", in: folder)
    let roles = try config.parse(RoleFile.init(json:))
    settings = Settings(
      addsFirstToken: roles.addsFirstToken ?? true,
      firstToken: roles.firstToken?.text ?? "<s>", addsPrefixSpace: roles.addsPrefixSpace ?? true)

    if let file = try TokenizerFile(ifPresent: "added_tokens.json", in: folder) {
      try file.parse { (json) throws(TokenizerDefect) in
        try forEachTokenID(in: json) { (key, id) throws(TokenizerDefect) in
          guard let text = key.withUnsafeBufferPointer({ String(validating: $0, as: UTF8.self) })
          else { throw .unexpectedJSON("a token is not valid UTF-8") }
          guard ids[text] == nil else { throw .duplicateToken(text) }
          try add(text, id: id)
        }
      }
    }
    try config.parse { (_) throws(TokenizerDefect) in
      for (id, entry) in roles.addedTokens ?? [:] { try add(entry.content, decimal: id) }
    }

    var names = roles.texts
    if let file = try TokenizerFile(ifPresent: "special_tokens_map.json", in: folder) {
      names += try file.parse(RoleFile.init(json:)).texts
    }
    skipped = Set(names.compactMap { ids[$0] })
  }

  private mutating func add(_ text: String, decimal: String) throws(TokenizerDefect) {
    guard let id = Int(decimal), 0..<tokenIDLimit ~= id else {
      throw .idOutOfRange(token: text, id: decimal, limit: tokenIDLimit)
    }
    try add(text, id: id)
  }

  private mutating func add(_ text: String, id: Int) throws(TokenizerDefect) {
    guard 1...Self.longestToken ~= text.utf8.count else {
      throw .tokenLength(id: id, bytes: text.utf8.count, limit: Self.longestToken)
    }
    let id = Int32(id)
    guard texts[id] ?? text == text, ids[text] ?? id == id else {
      throw .conflictingToken(token: text, id: Int(id))
    }
    texts[id] = text
    ids[text] = id
  }
}

/// What `tokenizer_config.json` and `special_tokens_map.json` have in common.
private struct RoleFile: Decodable {
  let firstToken: TokenName?
  let lastToken: TokenName?
  let unknownToken: TokenName?
  let paddingToken: TokenName?
  let furtherTokens: [TokenName?]?
  let addedTokens: [String: AddedEntry]?
  let addsFirstToken: Bool?
  let addsPrefixSpace: Bool?

  struct AddedEntry: Decodable { let content: String }

  enum CodingKeys: String, CodingKey {
    case firstToken = "bos_token"
    case lastToken = "eos_token"
    case unknownToken = "unk_token"
    case paddingToken = "pad_token"
    case furtherTokens = "additional_special_tokens"
    case addedTokens = "added_tokens_decoder"
    case addsFirstToken = "add_bos_token"
    case addsPrefixSpace = "add_prefix_space"
  }

  init(json: Span<UInt8>) throws(TokenizerDefect) {
    do {
      self = try json.withUnsafeBytes { try JSONDecoder().decode(Self.self, from: Data($0)) }
    } catch let DecodingError.keyNotFound(key, context) {
      throw .unexpectedJSON("\(Self.place(context.codingPath)) has no \(key.stringValue)")
    } catch let DecodingError.typeMismatch(_, context),
      let DecodingError.valueNotFound(_, context)
    {
      throw .unexpectedJSON("\(Self.place(context.codingPath)) has another type than expected")
    } catch {
      throw .unexpectedJSON("it is not valid JSON")
    }
  }

  /// The texts of all tokens that have a role.
  var texts: [String] {
    ([firstToken, lastToken, unknownToken, paddingToken] + (furtherTokens ?? []))
      .compactMap { $0?.text }
  }

  private static func place(_ path: [any CodingKey]) -> String {
    path.isEmpty ? "the file" : "'" + path.map(\.stringValue).joined(separator: ".") + "'"
  }
}

/// A token given as a string or as an object with its `content`.
private struct TokenName: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      self.text = text
    } else {
      text = try RoleFile.AddedEntry(from: decoder).content
    }
  }
}
