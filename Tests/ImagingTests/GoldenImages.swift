import Foundation
import Imaging
import TestSupport
import Testing

/// The list in `shared/fixtures/images/golden.json`; its README explains the fields.
struct GoldenImages: Decodable {
  struct Good: Decodable, CustomTestStringConvertible {
    struct Grid: Decodable {
      let columns: Int
      let rows: Int
      let tiles: Int
      let thumbnail: Bool
    }
    struct Tiles: Decodable {
      let file: String
      let imageSize: Int
      let maxNum: Int
    }
    let file: String
    let rgbSize: [Int]
    let rgbSha256: String
    let highByteRgbSha256: String?
    let uprightSize: [Int]?
    let uprightRgbSha256: String?
    let grids: [String: Grid]
    let decoded: String?
    let tiles: Tiles?

    var testDescription: String { file }
  }

  struct Broken: Decodable, CustomTestStringConvertible {
    let file: String
    let why: String

    var testDescription: String { file }
  }

  let good: [Good]
  let broken: [Broken]

  static let folder = "images/"

  /// Empty lists where the fixtures are absent; the suites are then skipped.
  static let all: GoldenImages = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let text = try? Data(contentsOf: SharedFixtures.url(folder + "golden.json")),
      let list = try? decoder.decode(GoldenImages.self, from: text)
    else { return GoldenImages(good: [], broken: []) }
    return list
  }()

  static func url(_ file: String) -> URL { SharedFixtures.url(folder + file) }
}
