import Foundation
import TestSupport
import Testing

@testable import Imaging

/// `shared/fixtures/images/grids.json`; its README explains the fields.
private struct GoldenGrids: Decodable {
  struct Case: Decodable {
    let width: Int
    let height: Int
    let min: Int
    let max: Int
    let image_size: Int
    let columns: Int
    let rows: Int
  }
  let cases: [Case]
  let candidate_order: [String: [[Int]]]

  static func read() throws -> GoldenGrids {
    let text = try Data(contentsOf: SharedFixtures.url("images/grids.json"))
    return try JSONDecoder().decode(GoldenGrids.self, from: text)
  }
}

@Suite("Tile grid")
struct TileGridTests {
  @Test("grids are those of the reference, ties included", .enabled(if: SharedFixtures.present))
  func choosesLikeReference() throws {
    let cases = try GoldenGrids.read().cases
    #expect(!cases.isEmpty)
    for golden in cases {
      let grid = TileGrid.choose(
        width: golden.width, height: golden.height, minTiles: golden.min, maxTiles: golden.max,
        tileSize: golden.image_size)
      #expect((grid.columns, grid.rows) == (golden.columns, golden.rows), "\(golden)")
    }
  }

  @Test("grids are tried in CPython's order", .enabled(if: SharedFixtures.present))
  func ordersLikeCPython() throws {
    for (bounds, expected) in try GoldenGrids.read().candidate_order {
      let bounds = bounds.split(separator: "-").compactMap { Int($0) }
      let candidates = TileGrid.candidates(minTiles: bounds[0], maxTiles: bounds[1])
      #expect(candidates.map { [$0.columns, $0.rows] } == expected, "\(bounds)")
    }
  }

  @Test("a hundred thousand tiles are no work", .timeLimit(.minutes(1)))
  func boundsWork() {
    let grid = TileGrid.choose(width: 100_000, height: 1, maxTiles: 100_000, tileSize: 448)
    #expect((grid.columns, grid.rows) == (100_000, 1))
  }

  @Test("one tile has no thumbnail, and any grid has none when it is turned off")
  func leavesOutThumbnail() {
    let single = TileGrid.choose(width: 100, height: 100, maxTiles: 1, tileSize: 448)
    #expect(single == TileGrid(columns: 1, rows: 1, hasThumbnail: false))
    let wide = TileGrid.choose(
      width: 4000, height: 100, maxTiles: 12, tileSize: 448, usesThumbnail: false)
    #expect(wide == TileGrid(columns: 12, rows: 1, hasThumbnail: false))
    #expect(wide.count == 12)
  }
}
