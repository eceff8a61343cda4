/// Finds added tokens in text: the leftmost, and at one place the longest.
struct AddedTokenSplitter: Sendable {
  /// A stretch of text.
  enum Part: Equatable {
    /// An added token.
    case token(Int32)
    /// The bytes of what is between added tokens; never empty.
    case text(Range<Int>)
  }

  /// A trie: the node that a byte leads to, by node and byte.
  ///
  /// The key is `node << 8 | byte`; the root is 0.
  private var children: [Int: Int] = [:]
  /// The token that ends at each node.
  private var tokens: [Int32?] = [nil]

  init(_ added: [Int32: String]) {
    for (id, text) in added {
      var node = 0
      for byte in text.utf8 {
        let key = node << 8 | Int(byte)
        if let child = children[key] {
          node = child
        } else {
          children[key] = tokens.count
          node = tokens.count
          tokens.append(nil)
        }
      }
      tokens[node] = id
    }
  }

  /// Cuts text into parts that cover it completely.
  func split(_ text: [UInt8]) -> [Part] {
    var parts: [Part] = []
    var start = 0
    var position = 0
    while position < text.count {
      guard let match = longestToken(in: text, at: position) else {
        position += 1
        continue
      }
      if start < position { parts.append(.text(start..<position)) }
      parts.append(.token(match.id))
      position = match.end
      start = position
    }
    if start < text.count { parts.append(.text(start..<text.count)) }
    return parts
  }

  private func longestToken(in text: [UInt8], at start: Int) -> (id: Int32, end: Int)? {
    var found: (id: Int32, end: Int)?
    var node = 0
    var position = start
    while position < text.count, let child = children[node << 8 | Int(text[position])] {
      node = child
      position += 1
      if let id = tokens[node] { found = (id, position) }
    }
    return found
  }
}
