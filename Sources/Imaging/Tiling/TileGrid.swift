/// How an image is cut into square tiles.
package struct TileGrid: Sendable, Hashable {
  package let columns: Int
  package let rows: Int
  /// Whether a last tile shows the whole image.
  package let hasThumbnail: Bool

  package init(columns: Int, rows: Int, hasThumbnail: Bool) {
    self.columns = columns
    self.rows = rows
    self.hasThumbnail = hasThumbnail
  }

  /// The number of tiles, thumbnail included.
  package var count: Int { columns * rows + (hasThumbnail ? 1 : 0) }

  /// The grid whose aspect ratio is nearest to the image's, as InternVL's `dynamic_preprocess`
  /// chooses it.
  ///
  /// Of grids that are equally near, a later candidate (see `candidates`) replaces an earlier one
  /// when the image has more than half as many pixels as the candidate's tiles.
  ///
  /// - Parameters:
  ///   - width: the image's width in pixels.
  ///   - height: the image's height in pixels.
  ///   - minTiles: least number of tiles, without the thumbnail.
  ///   - maxTiles: largest number of tiles, without the thumbnail.
  ///   - tileSize: side of a tile in pixels.
  ///   - usesThumbnail: whether a grid of more than one tile gets a thumbnail.
  /// - Returns: the grid.
  /// - Precondition: all numbers are at least 1 and `minTiles <= maxTiles`.
  package static func choose(
    width: Int, height: Int, minTiles: Int = 1, maxTiles: Int, tileSize: Int,
    usesThumbnail: Bool = true
  ) -> TileGrid {
    precondition(width > 0 && height > 0 && tileSize > 0, "\(width) x \(height), \(tileSize)")
    let ratio = Double(width) / Double(height)
    let pixels = Double(width * height)
    var best = (columns: 1, rows: 1)
    var bestDifference = Double.infinity
    for (columns, rows) in candidates(minTiles: minTiles, maxTiles: maxTiles) {
      let difference = abs(ratio - Double(columns) / Double(rows))
      let halfArea = 0.5 * Double(tileSize) * Double(tileSize) * Double(columns) * Double(rows)
      if difference < bestDifference || (difference == bestDifference && pixels > halfArea) {
        best = (columns, rows)
        bestDifference = difference
      }
    }
    return TileGrid(
      columns: best.columns, rows: best.rows,
      hasThumbnail: usesThumbnail && best.columns * best.rows != 1)
  }

  /// All grids of `minTiles` to `maxTiles` tiles by rising area, in the reference's order.
  ///
  /// The reference collects them in a Python set and sorts that by area. Grids of equal area
  /// therefore stay in the set's order, which depends on the order of insertion: by the larger
  /// side, then columns, then rows, except that the first round takes all grids with sides up to
  /// `minTiles` at once.
  static func candidates(minTiles: Int, maxTiles: Int) -> [(columns: Int, rows: Int)] {
    precondition(minTiles >= 1 && minTiles <= maxTiles, "\(minTiles) to \(maxTiles) tiles")
    var set = PythonPairSet()
    for columns in 1...minTiles {
      let fewest = (minTiles + columns - 1) / columns
      for rows in stride(from: fewest, through: min(minTiles, maxTiles / columns), by: 1) {
        set.insert(columns, rows)
      }
    }
    for side in (minTiles...maxTiles).dropFirst() {
      let most = maxTiles / side
      for columns in stride(from: 1, through: min(side - 1, most), by: 1) {
        set.insert(columns, side)
      }
      for rows in 1...min(side, most) { set.insert(side, rows) }
    }
    return set.elements.sorted { $0.0 * $0.1 < $1.0 * $1.1 }.map { (columns: $0.0, rows: $0.1) }
  }
}
