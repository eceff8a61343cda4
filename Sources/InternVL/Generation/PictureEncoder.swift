import Imaging

/// Turns pictures into rows for the decoder, a tile at a time, and remembers the latest ones.
///
/// A picture that is asked about again, in whatever conversation, is not encoded again.
final class PictureEncoder {
  private struct Entry {
    let features: [Float]
    var lastUse: Int
  }

  /// Remembered features take as much memory as those of so many tiles, or of the latest picture.
  static let rememberedTiles = 32

  private let model: VisionLanguageModel
  private var entries: [PictureKey: Entry] = [:]
  private var uses = 0
  /// The picture that is being encoded: its tiles that are left, and the features of the others.
  private var current: (key: PictureKey, tiles: ArraySlice<RGBImage>, features: [Float])?

  init(_ model: VisionLanguageModel) { self.model = model }

  /// Bytes of the tiles of a picture, and of all features that may be remembered with it.
  static func pictureBytes(_ configuration: Configuration, tiles: Int) -> Int {
    let pixels = 3 * configuration.tileSize * configuration.tileSize
    let values = configuration.tokensPerTile * configuration.language.hidden
    return tiles * pixels + max(tiles, rememberedTiles) * values * MemoryLayout<Float>.stride
  }

  /// The features of a picture, `[tokens, hidden]`; nil where they are not known.
  func features(of key: PictureKey) -> [Float]? {
    uses += 1
    entries[key]?.lastUse = uses
    return entries[key]?.features
  }

  /// How many tiles of a picture are encoded, where it is the one that is being encoded.
  func encodedTiles(of key: PictureKey) -> Int {
    guard let current, current.key == key else { return 0 }
    return key.grid.count - current.tiles.count
  }

  /// Encodes the next tile of a picture; after the last one its features are known.
  func encodeTile(of picture: Prompt.Picture, recorder: Recorder?) {
    let configuration = model.configuration
    if current?.key != picture.key {
      let tiles = picture.image.tiles(
        in: picture.key.grid, tileSize: configuration.tileSize)
      current = (picture.key, tiles[...], [])
      current?.features.reserveCapacity(picture.tokens.count * configuration.language.hidden)
    }
    guard case (let key, var tiles, var features)? = current.take() else { return }
    if let tile = tiles.popFirst() {
      model.encode(tile, appendingTo: &features, recorder: recorder)
    }
    if tiles.isEmpty {
      remember(features, of: key)
    } else {
      current = (key, tiles, features)
    }
  }

  /// Keeps a picture's features and forgets those that were not used for longest, down to the bound.
  private func remember(_ features: [Float], of key: PictureKey) {
    uses += 1
    entries[key] = Entry(features: features, lastUse: uses)
    let configuration = model.configuration
    let most =
      Self.rememberedTiles * configuration.tokensPerTile * configuration.language.hidden
    var count = entries.values.reduce(0) { $0 + $1.features.count }
    for (old, entry) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse })
    where count > most && old != key {
      entries[old] = nil
      count -= entry.features.count
    }
  }
}
