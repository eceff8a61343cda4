import Foundation

/// The tokens that stand outside the model's own splitting, and those that answers leave out.
struct AddedTokens: Sendable {
  /// Added tokens longer than this are refused.
  private static let longestToken = 1 << 10

  /// The added tokens by their ids.
  private(set) var tokens: [Int32: AddedToken] = [:]
  /// The id of each added token's text.
  private var ids: [[UInt8]: Int32] = [:]
  /// The ids of the tokens that answers leave out.
  ///
  /// Without tokenizer.json these are the tokens that the files list by role, and not all that are
  /// marked "special": so OpenGVLab's code does, which decodes with the slow tokenizers of the
  /// transformers library.
  private(set) var skipped: Set<Int32> = []
  /// The other settings of `tokenizer_config.json`.
  let settings: Settings

  /// The settings of `tokenizer_config.json` that matter here.
  struct Settings: Sendable {
    let addsFirstToken: Bool
    let firstToken: String
    let addsPrefixSpace: Bool
    /// Whether decoding takes spaces away in front of punctuation, as InternLM2's tokenizer does.
    let cleansUp: Bool
  }

  /// Reads `added_tokens.json`, `tokenizer_config.json` and `special_tokens_map.json`; the first and
  /// the last may be absent.
  ///
  /// With `json`, the tokens are those of tokenizer.json, and `added_tokens.json` is not looked at.
  init(folder: URL, json: TokenizerJSON? = nil) throws(TokenizerError) {
    let config = try TokenizerFile("tokenizer_config.json", in: folder)
    let roles = try config.parse(TokenRoles.init(json:))
    settings = Settings(
      addsFirstToken: roles.addsFirstToken ?? true,
      firstToken: roles.firstToken?.text ?? "<s>", addsPrefixSpace: roles.addsPrefixSpace ?? true,
      cleansUp: roles.className == "InternLM2Tokenizer")

    if let json {
      try json.file.parse { (_) throws(TokenizerDefect) in
        for entry in json.addedTokens { try add(entry.token, id: entry.id) }
      }
    } else if let file = try TokenizerFile(ifPresent: "added_tokens.json", in: folder) {
      try file.parse { (json) throws(TokenizerDefect) in
        try forEachTokenID(in: json) { (key, id) throws(TokenizerDefect) in
          let text = key.withUnsafeBufferPointer { Array($0) }
          guard String(validating: text, as: UTF8.self) != nil else {
            throw .tokenNotUTF8
          }
          guard ids[text] == nil else { throw .duplicateToken(String(key)) }
          try add(AddedToken(text), id: id)
        }
      }
    }
    try config.parse { (_) throws(TokenizerDefect) in
      for (id, token) in roles.addedTokens ?? [:] { try add(token, decimal: id) }
    }

    var names = roles.texts
    if let file = try TokenizerFile(ifPresent: "special_tokens_map.json", in: folder) {
      names += try file.parse(TokenRoles.init(json:)).texts
    }
    skipped = Set(names.compactMap(id(of:)))
    if json != nil { skipped.formUnion(tokens.filter { $0.value.isSpecial }.keys) }
  }

  /// The id of the added token with exactly these bytes.
  func id(of text: String) -> Int32? { ids[Array(text.utf8)] }

  /// The size of the vocabulary together with these tokens.
  ///
  /// - Throws: `conflictingToken` where the vocabulary gives a token's id to another one, or the token
  ///   another id.
  func vocabularySize(with vocabulary: Vocabulary) throws(TokenizerDefect) -> Int {
    for (id, token) in tokens {
      let known = vocabulary.id(of: token.text.span)
      guard known ?? id == id, vocabulary[id].isEmpty || known == id else {
        throw .conflictingToken(token: token.name, id: Int(id))
      }
    }
    return max(vocabulary.count, Int(tokens.keys.max() ?? -1) + 1)
  }

  private mutating func add(_ token: AddedToken, decimal: String) throws(TokenizerDefect) {
    guard let id = Int(decimal) else {
      throw .idOutOfRange(token: token.name, id: decimal, limit: tokenIDLimit)
    }
    try add(token, id: id)
  }

  /// Adds a token, or what a later file says about one that there is.
  private mutating func add(_ token: AddedToken, id: Int) throws(TokenizerDefect) {
    guard 1...Self.longestToken ~= token.text.count else {
      throw .tokenLength(id: id, bytes: token.text.count, limit: Self.longestToken)
    }
    guard 0..<tokenIDLimit ~= id else {
      throw .idOutOfRange(token: token.name, id: "\(id)", limit: tokenIDLimit)
    }
    let id = Int32(id)
    guard tokens[id].map({ $0.text == token.text }) ?? true, ids[token.text] ?? id == id else {
      throw .conflictingToken(token: token.name, id: Int(id))
    }
    tokens[id] = token
    ids[token.text] = id
  }
}
