import Imaging
import Tokenizers

/// What is to be answered as tokens, with the pictures' places and the borders of its pieces.
package struct Prompt: Sendable {
  /// A picture's share of the prompt.
  struct Picture: Sendable {
    let image: Image
    let key: PictureKey
    /// Where its image tokens stand.
    let tokens: Range<Int>
  }

  package let tokens: [Int32]
  let pictures: [Picture]
  /// Where the pieces end that go through the decoder one after the other; ascending, the last is
  /// `tokens.count`.
  ///
  /// A piece ends where a message does, and after `pieceTokens` tokens within a message. So how a
  /// prompt is computed follows from the conversation alone, and every beginning of it that another
  /// prompt shares up to a border was computed in the same way there.
  let borders: [Int]

  /// The most tokens of a piece: as many as a tile has, so that reading a prompt holds up answers that
  /// are being generated no longer than a tile does.
  static let pieceTokens = 256

  /// Builds the prompt text, tokenises it, and finds the pictures' places and the borders.
  ///
  /// - Throws: `InternVLError` when the conversation and its pictures do not fit each other.
  init(
    _ conversation: Conversation, maxTiles: Int?, prefill: String = "",
    configuration: Configuration,
    tokenizer: any Tokenizer, special: SpecialTokens
  ) throws(InternVLError) {
    let parts = try configuration.template.prompt(conversation, prefill: prefill)
    let grids = conversation.images.map { $0.grid(for: configuration, maxTiles: maxTiles) }
    let counts = grids.map { $0.count * configuration.tokensPerTile }
    let tokens = tokenizer.encode(
      try ConversationTemplate.expand(parts, imageTokens: counts))
    guard tokens.count(where: { $0 == special.imageContent }) == counts.reduce(0, +) else {
      throw .reservedToken(ConversationTemplate.imageContent)
    }
    var pictures: [Picture] = []
    var position = 0
    for (image, (grid, count)) in zip(conversation.images, zip(grids, counts)) {
      while tokens[position] != special.imageContent { position += 1 }
      pictures.append(
        Picture(
          image: image, key: PictureKey(digest: image.digest, grid: grid),
          tokens: position..<position + count))
      position += count
    }
    self.tokens = tokens
    self.pictures = pictures
    borders = Self.borders(of: tokens, messageStart: special.messageStart)
  }

  /// A prompt of one message without pictures.
  init(tokens: [Int32]) {
    self.tokens = tokens
    pictures = []
    borders = Self.borders(of: tokens, messageStart: nil)
  }

  /// How the pictures are cut, one entry a picture.
  package var tileCounts: [TileCount] {
    pictures.map {
      TileCount(columns: $0.key.grid.columns, rows: $0.key.grid.rows, count: $0.key.grid.count)
    }
  }

  /// The end of the piece that begins at `position`, which is 0 or a border.
  func pieceEnd(from position: Int) -> Int {
    borders.first { $0 > position } ?? tokens.count
  }

  /// The largest border of both, at most `limit`, up to which `other` means the same; 0 where there is
  /// none.
  ///
  /// That takes equal ids and, under image tokens, equal pictures cut the same way.
  func sharedPrefix(with other: Prompt, limit: Int) -> Int {
    var count = zip(tokens, other.tokens).prefix { $0 == $1 }.count
    for (index, picture) in pictures.enumerated() where picture.tokens.lowerBound < count {
      guard index < other.pictures.count, other.pictures[index].tokens == picture.tokens,
        other.pictures[index].key == picture.key
      else {
        count = picture.tokens.lowerBound
        break
      }
    }
    let most = min(count, limit)
    return borders.last { $0 <= most && other.borders.contains($0) } ?? 0
  }

  /// Borders before every message after the first, and every `pieceTokens` within one.
  static func borders(of tokens: [Int32], messageStart: Int32?) -> [Int] {
    var borders: [Int] = []
    var start = 0
    for position in 1..<tokens.count + 1 {
      let ends = position == tokens.count || tokens[position] == messageStart
      guard ends || position - start == pieceTokens else { continue }
      borders.append(position)
      start = position
    }
    return borders
  }
}

/// What makes two pictures the same to the model: equal pixels, cut in the same way.
struct PictureKey: Hashable, Sendable {
  /// The image's digest.
  let digest: String
  let grid: TileGrid
}
