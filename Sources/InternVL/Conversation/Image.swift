import Files
public import Foundation
package import Imaging

/// A picture in memory, decoded.
public struct Image: Sendable {
  /// What there is of it.
  private enum Content: Sendable {
    case whole(RGBImage)
    /// Its tiles alone, which take less memory than a large picture.
    case cut(TileGrid, [RGBImage])
  }

  /// Sides in pixels.
  let width: Int
  let height: Int
  /// Tells pictures apart: the SHA-256 of the size and the pixels, in hexadecimal.
  package let digest: String
  private let content: Content

  /// The pixels; nil where only its tiles are kept.
  package var pixels: RGBImage? {
    if case .whole(let pixels) = content { pixels } else { nil }
  }

  /// Wraps decoded pixels.
  package init(_ pixels: RGBImage) {
    width = pixels.width
    height = pixels.height
    var hash = Digest(.sha256)
    hash.update("\(width) x \(height)\n")
    pixels.pixels.withUnsafeBytes { hash.update($0) }
    digest = hash.hexadecimal()
    content = .whole(pixels)
  }

  private init(_ image: Image, content: Content) {
    width = image.width
    height = image.height
    digest = image.digest
    self.content = content
  }

  /// Reads and decodes a picture file: JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC, AVIF or PDF.
  ///
  /// - Parameters:
  ///   - file: the file.
  ///   - page: which page of a file that has several, from 0.
  /// - Throws: `InternVLError.image` when it cannot be read, is damaged or is too large.
  public init(contentsOf file: URL, page: Int = 0) throws(InternVLError) {
    do {
      self.init(try decodeImage(contentsOf: file, page: page))
    } catch {
      throw .image(error)
    }
  }

  /// Decodes a picture that is already in memory.
  ///
  /// - Parameters:
  ///   - data: the file's bytes.
  ///   - name: what error messages call it.
  /// - Throws: `InternVLError.image` when it is damaged or too large.
  public init(data: [UInt8], name: String) throws(InternVLError) {
    do {
      self.init(try decodeImage(data, name: name))
    } catch {
      throw .image(error)
    }
  }

  /// The picture with its tiles cut, which may be done on any thread, and without its other pixels.
  ///
  /// It can be asked about with the same limit of tiles only.
  package func cut(for configuration: Configuration, maxTiles: Int?) -> Image {
    let grid = grid(for: configuration, maxTiles: maxTiles)
    return Image(
      self, content: .cut(grid, tiles(in: grid, tileSize: configuration.tileSize)))
  }

  /// How the picture is cut for a model into at most `maxTiles`, without the thumbnail; nil takes the
  /// model's own limit.
  func grid(for configuration: Configuration, maxTiles: Int?) -> TileGrid {
    TileGrid.choose(
      width: width, height: height,
      minTiles: min(configuration.minimumTiles, maxTiles ?? configuration.minimumTiles),
      maxTiles: maxTiles ?? configuration.maximumTiles, tileSize: configuration.tileSize,
      usesThumbnail: configuration.usesThumbnail)
  }

  /// The tiles of a grid, `tileSize` pixels wide and high.
  func tiles(in grid: TileGrid, tileSize: Int) -> [RGBImage] {
    switch content {
    case .whole(let pixels): return Imaging.tiles(of: pixels, grid: grid, tileSize: tileSize)
    case .cut(let cut, let tiles):
      precondition(cut == grid, "a picture cut as \(cut) is asked for as \(grid)")
      return tiles
    }
  }
}
