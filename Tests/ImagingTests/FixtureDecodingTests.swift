import Foundation
import TestSupport
import Testing

@testable import Imaging

/// Pictures of this project, made by `Fixtures/make_fixtures.py`.
enum Fixtures {
  /// What Pillow reads from one page of one file.
  struct Expected: Decodable, CustomTestStringConvertible {
    let file: String
    let page: Int
    let width: Int
    let height: Int
    let tolerance: Int
    /// The bytes in hexadecimal.
    let rgb: String

    var testDescription: String { "\(file), page \(page)" }
    var pixels: [Int] {
      let digits = rgb.compactMap(\.hexDigitValue)
      return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")

  static let expected: [Expected] = {
    guard let text = try? Data(contentsOf: url("expected.json")) else { return [] }
    return (try? JSONDecoder().decode([Expected].self, from: text)) ?? []
  }()

  static func url(_ file: String) -> URL { folder.appending(path: file) }

  static func bytes(_ file: String) throws -> [UInt8] { try [UInt8](Data(contentsOf: url(file))) }
}

@Suite("Image decoding")
struct FixtureDecodingTests {
  @Test("the list of fixtures is there")
  func listsFixtures() {
    #expect(Fixtures.expected.count > 20)
  }

  @Test("every variant of a format gives Pillow's pixels", arguments: Fixtures.expected)
  func matchesPillow(expected: Fixtures.Expected) throws {
    let image = try decodeImage(contentsOf: Fixtures.url(expected.file), page: expected.page)
    #expect((image.width, image.height) == (expected.width, expected.height))
    let differences = zip(image.pixels, expected.pixels).map { abs(Int($0) - $1) }
    #expect((differences.max() ?? 0) <= expected.tolerance)
  }

  @Test("pages are counted where a format has them")
  func countsPages() throws {
    #expect(try pageCount(contentsOf: Fixtures.url("pages.tiff")) == 3)
    #expect(try pageCount(contentsOf: Fixtures.url("pages.pdf")) == 2)
    #expect(try pageCount(contentsOf: Fixtures.url("transparent.gif")) == 1)
  }

  @Test(
    "a page beyond the last is an error that says how many there are",
    arguments: [("pages.tiff", 3), ("pages.pdf", 2), ("transparent.gif", 1)])
  func noSuchPage(file: String, pages: Int) {
    #expect(throws: ImagingError.noSuchPage(name: file, page: pages + 1, pages: pages)) {
      try decodeImage(contentsOf: Fixtures.url(file), name: file, page: pages)
    }
  }

  @Test("a file that the libraries have no decoder for is not called damaged")
  func unsupported() throws {
    var bytes = try Fixtures.bytes("turned.tiff")
    let entry = try #require(bytes.firstRange(of: [0x03, 0x01, 3, 0, 1, 0, 0, 0]))
    bytes.replaceSubrange(entry.upperBound..<entry.upperBound + 2, with: [0x98, 0x87])  // JPEG 2000
    let error = #expect(throws: ImagingError.self) { try decodeImage(bytes, name: "a.tiff") }
    guard case .unsupported(_, "TIFF", _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("PDF pages are drawn at 200 dots per inch")
  func drawsPages() throws {
    let first = try decodeImage(contentsOf: Fixtures.url("pages.pdf"))
    #expect((first.width, first.height) == (100, 50))
    #expect(Array(first.pixels.suffix(3)) == [255, 0, 0])
    let second = try decodeImage(contentsOf: Fixtures.url("pages.pdf"), page: 1)
    #expect((second.width, second.height) == (50, 50))
    #expect(Array(second.pixels.prefix(3)) == [0, 0, 255])
  }

  @Test("an AVIF picture is turned by its own properties, once")
  func turnsHEIFOnce() throws {
    let stored = try decodeImage(contentsOf: Fixtures.url("turned.avif"))
    #expect((stored.width, stored.height) == (20, 24))
    #expect(
      try decodeImage(contentsOf: Fixtures.url("turned.avif"), orientation: .upright) == stored)
  }

  @Test(
    "a photo whose gain map belongs to two pictures is decoded",
    .enabled(if: SharedFixtures.present, "needs the fixtures"))
  func sharedAuxiliary() throws {
    let photo = SharedFixtures.root.deletingLastPathComponent()
      .appending(path: "field-cases/10-heic-ios18/ios18.heic")
    let image = try decodeImage(contentsOf: photo)
    #expect((image.width, image.height) == (97, 61))
    let sums = (0..<3).map { colour in
      stride(from: colour, to: image.pixels.count, by: 3).reduce(0) { $0 + Int(image.pixels[$1]) }
    }
    let means = sums.map { Double($0) / (97 * 61) }
    for (mean, right) in zip(means, [155.5, 107.3, 100.6]) { #expect(abs(mean - right) < 0.5) }
  }

  @Test("references of auxiliary pictures are changed only where they have several ends")
  func changesSharedAuxiliaries() throws {
    func box(_ type: String, _ content: [UInt8]) -> [UInt8] {
      [0, 0, 0, UInt8(8 + content.count)] + Array(type.utf8) + content
    }
    func file(_ first: String, _ second: String) -> [UInt8] {
      box("ftyp", Array("heic".utf8))
        + box(
          "meta",
          [0, 0, 0, 0]
            + box(
              "iref",
              [0, 0, 0, 0] + box(first, [0, 2, 0, 2, 0, 1, 0, 3]) + box(second, [0, 4, 0, 1, 0, 1])
            ))
    }
    #expect(withoutSharedAuxiliaries(heif: file("auxl", "auxl")) == file("none", "auxl"))
    #expect(withoutSharedAuxiliaries(heif: file("thmb", "auxl")) == file("thmb", "auxl"))
    // Sizes that lie, at each place.
    for place in file("auxl", "auxl").indices {
      var bytes = file("auxl", "auxl")
      bytes[place] = 0xFF
      _ = withoutSharedAuxiliaries(heif: bytes)
      _ = withoutSharedAuxiliaries(heif: Array(bytes.prefix(place)))
    }
  }

  @Test("a picture comes back from PNG unchanged")
  func encodesPNG() throws {
    let image = try decodeImage(contentsOf: Fixtures.url("rgb24.bmp"))
    #expect(try decodeImage(image.encodedAsPNG(), name: "tile") == image)
  }
}
