import Foundation

/// What `tokenizer_config.json` and `special_tokens_map.json` have in common.
struct TokenRoles: Decodable {
  let firstToken: TokenName?
  let lastToken: TokenName?
  let unknownToken: TokenName?
  let paddingToken: TokenName?
  let furtherTokens: TokenNames?
  /// What version 5 of transformers writes in place of `furtherTokens`, and what some models name.
  let extraTokens: TokenNames?
  let modelTokens: TokenNames?
  let addedTokens: [String: AddedToken]?
  let addsFirstToken: Bool?
  let addsPrefixSpace: Bool?
  /// What version 5 of transformers writes: that tokenizer.json is the tokenizer.
  let backend: String?
  let className: String?

  enum CodingKeys: String, CodingKey {
    case backend
    case className = "tokenizer_class"
    case firstToken = "bos_token"
    case lastToken = "eos_token"
    case unknownToken = "unk_token"
    case paddingToken = "pad_token"
    case furtherTokens = "additional_special_tokens"
    case extraTokens = "extra_special_tokens"
    case modelTokens = "model_specific_special_tokens"
    case addedTokens = "added_tokens_decoder"
    case addsFirstToken = "add_bos_token"
    case addsPrefixSpace = "add_prefix_space"
  }

  init(json: Span<UInt8>) throws(TokenizerDefect) { self = try decodeJSON(json) }

  /// The texts of all tokens that have a role.
  var texts: [String] {
    [firstToken, lastToken, unknownToken, paddingToken].compactMap { $0?.text }
      + [furtherTokens, extraTokens, modelTokens].flatMap { $0?.texts ?? [] }
  }
}

/// Decodes a small JSON file, or a part of one.
func decodeJSON<Value: Decodable>(_ json: Span<UInt8>) throws(TokenizerDefect) -> Value {
  func part(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
  do {
    return try json.withUnsafeBytes { try JSONDecoder().decode(Value.self, from: Data($0)) }
  } catch let DecodingError.keyNotFound(key, context) {
    throw .missingKey(key.stringValue, in: part(context.codingPath))
  } catch let DecodingError.typeMismatch(_, context),
    let DecodingError.valueNotFound(_, context)
  {
    throw .wrongType(part(context.codingPath))
  } catch {
    throw .notJSON
  }
}

/// A token given as a string or as an object with its `content`.
struct TokenName: Decodable {
  let text: String

  init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      self.text = text
    } else {
      text = try AddedToken(from: decoder).name
    }
  }
}

/// Tokens given as a list, or as an object with a name for each.
struct TokenNames: Decodable {
  let texts: [String]

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let named = try? value.decode([String: TokenName?].self) {
      texts = named.values.compactMap { $0?.text }
    } else {
      texts = try value.decode([TokenName?].self).compactMap { $0?.text }
    }
  }
}

extension AddedToken {
  /// The text, for messages.
  var name: String { String(decoding: text, as: UTF8.self) }
}
