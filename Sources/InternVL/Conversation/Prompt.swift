import Imaging
import Tokenizers

/// A conversation as tokens, with the pictures' places.
struct Prompt {
  /// A picture's share of the prompt.
  struct Picture {
    let pixels: RGBImage
    let grid: TileGrid
    /// Where its image tokens stand.
    let tokens: Range<Int>
  }

  let tokens: [Int32]
  let pictures: [Picture]

  /// Builds the prompt text, tokenises it and finds the pictures' places.
  init(
    _ conversation: Conversation, maxTiles: Int?, configuration: Configuration,
    tokenizer: any Tokenizer, imageContent: Int32
  ) throws(InternVLError) {
    let text = try ConversationTemplate.prompt(
      conversation, systemMessage: configuration.systemMessage)
    let grids = conversation.images.map { image in
      TileGrid.choose(
        width: image.pixels.width, height: image.pixels.height,
        minTiles: min(configuration.minimumTiles, maxTiles ?? configuration.minimumTiles),
        maxTiles: maxTiles ?? configuration.maximumTiles, tileSize: configuration.tileSize,
        usesThumbnail: configuration.usesThumbnail)
    }
    let counts = grids.map { $0.count * configuration.tokensPerTile }
    let tokens = tokenizer.encode(
      try ConversationTemplate.expand(text, imageTokens: counts))
    guard tokens.count(where: { $0 == imageContent }) == counts.reduce(0, +) else {
      throw .reservedToken(ConversationTemplate.imageContent)
    }
    var pictures: [Picture] = []
    var position = 0
    for (image, (grid, count)) in zip(conversation.images, zip(grids, counts)) {
      while tokens[position] != imageContent { position += 1 }
      pictures.append(
        Picture(pixels: image.pixels, grid: grid, tokens: position..<position + count))
      position += count
    }
    self.tokens = tokens
    self.pictures = pictures
  }

  /// How many leading tokens mean the same in `other`: equal ids and, under image tokens, equal
  /// pictures cut the same way.
  func commonPrefix(with other: Prompt, tokens otherTokens: [Int32]) -> Int {
    var count = zip(tokens, otherTokens).prefix { $0 == $1 }.count
    for (index, picture) in pictures.enumerated() where picture.tokens.lowerBound < count {
      guard index < other.pictures.count, other.pictures[index].tokens == picture.tokens,
        other.pictures[index].grid == picture.grid, other.pictures[index].pixels == picture.pixels
      else {
        count = picture.tokens.lowerBound
        break
      }
    }
    return count
  }
}
