/// Finds added tokens in text: the leftmost, and at one place the longest.
///
/// White space beside a token that strips it belongs to the token; a token that must be a word of its
/// own and is not is passed over. Source: `find_matches` of the tokenizers library.
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
  private var ends: [Int32?] = [nil]
  private var tokens: [Int32: AddedToken] = [:]

  init(_ added: some Sequence<(key: Int32, value: AddedToken)>) {
    for (id, token) in added where !token.text.isEmpty {
      tokens[id] = token
      var node = 0
      for byte in token.text {
        let key = node << 8 | Int(byte)
        if let child = children[key] {
          node = child
        } else {
          children[key] = ends.count
          node = ends.count
          ends.append(nil)
        }
      }
      ends[node] = id
    }
  }

  /// Whether there is no token to find.
  var isEmpty: Bool { tokens.isEmpty }

  /// Cuts text into parts that cover it, apart from white space that tokens strip.
  func split(_ text: [UInt8]) -> [Part] {
    var parts: [Part] = []
    var start = 0
    var position = 0
    while position < text.count {
      guard let match = longestToken(in: text, at: position) else {
        position += 1
        continue
      }
      position = match.range.upperBound
      guard let place = place(of: match.token, at: match.range, in: text, after: start) else {
        continue
      }
      if start < place.lowerBound { parts.append(.text(start..<place.lowerBound)) }
      parts.append(.token(match.id))
      position = place.upperBound
      start = position
    }
    if start < text.count { parts.append(.text(start..<text.count)) }
    return parts
  }

  private func longestToken(
    in text: [UInt8], at start: Int
  ) -> (id: Int32, token: AddedToken, range: Range<Int>)? {
    var found: (id: Int32, end: Int)?
    var node = 0
    var position = start
    while position < text.count, let child = children[node << 8 | Int(text[position])] {
      node = child
      position += 1
      if let id = ends[node] { found = (id, position) }
    }
    guard let found, let token = tokens[found.id] else { return nil }
    return (found.id, token, start..<found.end)
  }

  /// What of the text a token takes that was found at `range`; nil where it may not stand.
  ///
  /// The text before `limit` belongs to other tokens.
  private func place(
    of token: AddedToken, at range: Range<Int>, in text: [UInt8], after limit: Int
  ) -> Range<Int>? {
    if token.isSingleWord {
      let before = text[..<range.lowerBound].lastScalar
      let after = text[range.upperBound...].firstScalar
      if before?.isWordPart == true || after?.isWordPart == true { return nil }
    }
    var (start, end) = (range.lowerBound, range.upperBound)
    if token.stripsLeft {
      while start > limit, let space = text[limit..<start].lastScalar, space.properties.isWhitespace
      {
        start -= space.utf8.count
      }
    }
    if token.stripsRight {
      while let space = text[end...].firstScalar, space.properties.isWhitespace {
        end += space.utf8.count
      }
    }
    return start..<end
  }
}

extension ArraySlice<UInt8> {
  /// The first scalar of UTF-8; nil where there is none.
  fileprivate var firstScalar: Unicode.Scalar? {
    String(decoding: prefix(4), as: UTF8.self).unicodeScalars.first
  }

  /// The last scalar of UTF-8; nil where there is none.
  fileprivate var lastScalar: Unicode.Scalar? {
    String(decoding: suffix(4).drop { $0 & 0xC0 == 0x80 }, as: UTF8.self).unicodeScalars.last
  }
}

extension Unicode.Scalar {
  /// Whether it is part of a word as regular expressions see it (`\w`; UTS #18, annex C).
  fileprivate var isWordPart: Bool {
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return false
    }
  }
}
