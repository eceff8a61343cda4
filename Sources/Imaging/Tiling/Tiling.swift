/// Cuts an image into tiles: scales it to the grid without regard to its aspect ratio, cuts row
/// by row, and ends with the thumbnail, the whole image scaled to one tile, if the grid has one.
///
/// - Parameters:
///   - image: the whole image.
///   - grid: how to cut it.
///   - tileSize: side of a tile in pixels, at least 1.
/// - Returns: `grid.count` square images.
package func tiles(of image: RGBImage, grid: TileGrid, tileSize: Int) -> [RGBImage] {
  let scaled = image.resized(width: grid.columns * tileSize, height: grid.rows * tileSize)
  var tiles: [RGBImage] = []
  for row in 0..<grid.rows {
    for column in 0..<grid.columns {
      tiles.append(
        scaled.cropped(
          left: column * tileSize, top: row * tileSize, width: tileSize, height: tileSize))
    }
  }
  if grid.hasThumbnail { tiles.append(image.resized(width: tileSize, height: tileSize)) }
  return tiles
}
