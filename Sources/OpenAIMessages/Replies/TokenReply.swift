/// Text as tokens.
package struct TokenReply: Encodable, Sendable {
  /// How a picture is cut, and what it costs.
  package struct Picture: Encodable, Sendable {
    package let columns: Int
    package let rows: Int
    /// All tiles, with the thumbnail.
    package let tiles: Int
    package let tokens: Int

    package init(columns: Int, rows: Int, tiles: Int, tokens: Int) {
      self.columns = columns
      self.rows = rows
      self.tiles = tiles
      self.tokens = tokens
    }
  }

  package let count: Int
  package let maxModelLen: Int
  package let tokens: [Int32]
  package let tokenStrs: [String]?
  /// Of a conversation.
  package let images: [Picture]?

  package init(tokens: [Int32], contextLength: Int, texts: [String]?, images: [Picture]?) {
    count = tokens.count
    maxModelLen = contextLength
    self.tokens = tokens
    tokenStrs = texts
    self.images = images
  }
}

/// Tokens as text, under vLLM's name and llama.cpp's.
package struct TextReply: Encodable, Sendable {
  package let prompt: String
  package let content: String

  package init(_ text: String) {
    prompt = text
    content = text
  }
}
