/// Which tokens may come next: a bit for each.
package struct TokenMask: Sendable, Equatable {
  /// 64 tokens a word, the lowest bit first.
  package private(set) var words: [UInt64]

  /// Allows none of `count` tokens.
  init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

  /// Whether a token may come next.
  package func allows(_ token: Int32) -> Bool {
    let index = Int(token)
    guard index >= 0, index >> 6 < words.count else { return false }
    return words[index >> 6] >> UInt64(index & 63) & 1 == 1
  }

  mutating func allow(_ token: Int32) { words[Int(token) >> 6] |= 1 << UInt64(token & 63) }

  mutating func forbid(_ token: Int32) { words[Int(token) >> 6] &= ~(1 << UInt64(token & 63)) }

  mutating func formUnion(_ other: TokenMask) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// How many tokens may come next.
  package var allowedCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
  var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
}
