import Foundation
import Imaging
import TestSupport
import Testing

@Suite("Tiling against Pillow", .enabled(if: SharedFixtures.present))
struct GoldenTilingTests {
  @Test(
    "resized tiles are Pillow's bytes", arguments: GoldenImages.all.good.filter { $0.tiles != nil })
  func matchesPillow(golden: GoldenImages.Good) throws {
    let expected = try #require(golden.tiles)
    let image = try decodeImage(contentsOf: GoldenImages.url(golden.decoded ?? golden.file))
    let grid = TileGrid.choose(
      width: image.width, height: image.height, maxTiles: expected.maxNum,
      tileSize: expected.imageSize)
    let pixels = tiles(of: image, grid: grid, tileSize: expected.imageSize).flatMap(\.pixels)
    #expect(pixels == (try tilePixels(in: GoldenImages.url(expected.file))))
  }

  @Test("every image gets the reference's grid", arguments: GoldenImages.all.good)
  func choosesGrid(golden: GoldenImages.Good) throws {
    for (tileSize, expected) in golden.grids {
      let grid = TileGrid.choose(
        width: golden.rgbSize[0], height: golden.rgbSize[1], maxTiles: 12,
        tileSize: try #require(Int(tileSize)))
      let thumbnail = expected.thumbnail
      #expect(
        grid
          == TileGrid(columns: expected.columns, rows: expected.rows, hasThumbnail: thumbnail))
      #expect(grid.count == expected.tiles)
    }
  }
}

/// The bytes of the tensor `tile_pixels`, the only one in its safetensors file.
private func tilePixels(in url: URL) throws -> [UInt8] {
  let file = try [UInt8](Data(contentsOf: url))
  let headerBytes = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
  let header = try JSONSerialization.jsonObject(with: Data(file[8..<8 + headerBytes]))
  let tensor = try #require((header as? [String: Any])?["tile_pixels"] as? [String: Any])
  let range = try #require(tensor["data_offsets"] as? [Int])
  return Array(file[(8 + headerBytes + range[0])..<(8 + headerBytes + range[1])])
}
