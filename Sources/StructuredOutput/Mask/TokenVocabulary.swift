/// The tokens that a model can answer with, by their bytes.
package final class TokenVocabulary: Sendable {
  /// Tokens of the model; masks have a bit for each.
  package let count: Int
  /// The token that ends an answer.
  let stop: Int32
  /// Tokens that consist of whole characters which stand for themselves in a JSON string.
  let plain: TokenTrie
  /// How many characters each of those has, in the order of `plain.tokens`.
  let plainLengths: [Int]
  /// All other tokens.
  let others: TokenTrie

  /// All tokens' bytes, one after another, and where each token's begin.
  private let pool: [UInt8]
  private let offsets: [Int]

  /// Takes the tokens' bytes by their ids; a token without bytes never belongs to an answer.
  package init(_ tokens: [[UInt8]], stop: Int32) {
    count = tokens.count
    pool = Array(tokens.joined())
    offsets = tokens.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
    self.stop = stop
    var plain: [(bytes: [UInt8], token: Int32)] = []
    var others: [(bytes: [UInt8], token: Int32)] = []
    for (token, bytes) in tokens.enumerated() where !bytes.isEmpty && token != Int(stop) {
      let entry = (bytes: bytes, token: Int32(token))
      if Self.isPlain(bytes) { plain.append(entry) } else { others.append(entry) }
    }
    plain.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    others.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    self.plain = TokenTrie(plain)
    self.others = TokenTrie(others)
    plainLengths = self.plain.tokens.map { token in
      tokens[Int(token)].count { $0 & 0xC0 != 0x80 }
    }
  }

  /// The bytes of a token.
  func bytes(of token: Int32) -> ArraySlice<UInt8> {
    (0..<count).contains(Int(token)) ? pool[offsets[Int(token)]..<offsets[Int(token) + 1]] : []
  }

  private static func isPlain(_ bytes: [UInt8]) -> Bool {
    var state = TextState.between
    for byte in bytes {
      guard byte != UInt8(ascii: "\\") else { return false }
      state = TextState.next(state, byte)
      guard state >= 0 else { return false }
    }
    return state == TextState.between
  }

  /// Tokens that make up a text, the longest at each place; nil where a byte has no token.
  func tokens(_ text: [UInt8]) -> [Int32]? {
    var found: [Int32] = []
    var rest = text[...]
    while !rest.isEmpty {
      let choices = [plain.longest(in: rest), others.longest(in: rest)].compactMap(\.self)
      guard let longest = choices.max(by: { $0.bytes < $1.bytes }) else { return nil }
      found.append(longest.token)
      rest = rest.dropFirst(longest.bytes)
    }
    return found
  }
}
