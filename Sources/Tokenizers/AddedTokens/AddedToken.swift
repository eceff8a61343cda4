/// A token that stands outside the model's own splitting.
struct AddedToken: Sendable, Equatable {
  /// Its text as UTF-8; texts are the same when their bytes are.
  private(set) var text: [UInt8]
  /// Whether white space in front of it belongs to it.
  var stripsLeft = false
  /// Whether white space behind it belongs to it.
  var stripsRight = false
  /// Whether it must not touch letters, digits or other parts of words.
  var isSingleWord = false
  /// Whether it is looked for in normalised text, not in the text as written.
  var isNormalized = false
  /// Whether it is marked as special.
  var isSpecial = false

  init(_ text: some Sequence<UInt8>) { self.text = Array(text) }

  /// The token under another text.
  func withText(_ text: [UInt8]) -> AddedToken {
    var token = self
    token.text = text
    return token
  }
}

extension AddedToken: Decodable {
  private enum CodingKeys: String, CodingKey {
    case content, normalized, special
    case stripsLeft = "lstrip"
    case stripsRight = "rstrip"
    case isSingleWord = "single_word"
  }

  /// Reads an entry of `added_tokens_decoder` or of tokenizer.json.
  init(from decoder: any Decoder) throws {
    let entry = try decoder.container(keyedBy: CodingKeys.self)
    self.init(try entry.decode(String.self, forKey: .content).utf8)
    func flag(_ key: CodingKeys) throws -> Bool {
      try entry.decodeIfPresent(Bool.self, forKey: key) ?? false
    }
    stripsLeft = try flag(.stripsLeft)
    stripsRight = try flag(.stripsRight)
    isSingleWord = try flag(.isSingleWord)
    isNormalized = try flag(.normalized)
    isSpecial = try flag(.special)
  }
}
