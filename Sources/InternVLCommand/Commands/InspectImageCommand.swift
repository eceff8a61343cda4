import ArgumentParser
import Files
import Foundation
import Imaging

/// `internvl inspect image`: how a picture is read and cut.
struct InspectImageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "image", abstract: "Shows how a picture is read and cut into tiles.")

  @Argument(help: "The picture.", completion: .file())
  var file: String

  @Option(help: ArgumentHelp("Side of a tile.", valueName: "pixels"))
  var tileSize = 448

  @Option(help: ArgumentHelp("Largest number of tiles, without the thumbnail.", valueName: "count"))
  var maxTiles = 12

  @Option(help: ArgumentHelp("Page of a PDF or TIFF file.", valueName: "number"))
  var page = 1

  @Flag(help: "Takes the picture as it is stored and does not turn a photo upright.")
  var ignoreOrientation = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Writes the tiles into this folder as PNG files.", valueName: "folder"),
    completion: .directory)
  var output: String?

  @Flag(help: "Prints JSON.")
  var json = false

  func validate() throws {
    try check("--tile-size", tileSize, in: 1...4096)
    try check("--max-tiles", maxTiles, in: 1...128)
    try check("--page", page, in: 1...(1 << 20))
  }

  func run() throws {
    let image = try decodeImage(
      contentsOf: URL(filePath: file), page: page - 1,
      orientation: ignoreOrientation ? .asStored : .upright)
    let grid = TileGrid.choose(
      width: image.width, height: image.height, maxTiles: maxTiles, tileSize: tileSize)
    let tiles = Imaging.tiles(of: image, grid: grid, tileSize: tileSize)
    if let output { try save(tiles, in: output) }
    let report = ImageReport(file: file, image: image, grid: grid, tiles: tiles)
    try StandardOutput.write(json ? JSONText.line(report) : report.text)
  }

  private func save(_ tiles: [RGBImage], in folder: String) throws {
    try FileSystem.makeFolder(folder)
    for (index, tile) in tiles.enumerated() {
      let encoded = try tile.encodedAsPNG()
      try FileSystem.replace("\(folder)/tile-\(index + 1).png") { file throws(FileError) in
        try file.append(encoded)
      }
    }
  }
}

/// What `inspect image` says.
struct ImageReport: Encodable {
  let file: String
  /// Of the decoded picture.
  let width: Int, height: Int
  /// Of its bytes, three a pixel.
  let sha256: String
  let columns: Int, rows: Int
  /// All tiles, the thumbnail included.
  let count: Int
  let tiles: [Tile]

  struct Tile: Encodable {
    let sha256: String
  }

  init(file: String, image: RGBImage, grid: TileGrid, tiles: [RGBImage]) {
    self.file = file
    width = image.width
    height = image.height
    sha256 = Self.hash(image)
    columns = grid.columns
    rows = grid.rows
    count = grid.count
    self.tiles = tiles.map { Tile(sha256: Self.hash($0)) }
  }

  private static func hash(_ image: RGBImage) -> String {
    image.pixels.withUnsafeBytes(Digest.sha256)
  }

  /// The report for people.
  var text: String {
    var table = Table([("picture", .left), (file, .left)])
    table.append(["size", "\(width) x \(height) pixels"])
    table.append(["SHA-256", sha256])
    table.append([
      "tiles",
      "\(columns) x \(rows)" + (count > columns * rows ? " and a thumbnail" : ""),
    ])
    for (index, tile) in tiles.enumerated() {
      table.append([index == 0 ? "their SHA-256" : "", tile.sha256])
    }
    return TerminalText.cleaned(table.text)
  }
}
