import Files
import Foundation
import Imaging
import TestSupport
import Testing

/// SHA-256 of an image's bytes, in hexadecimal.
private func hash(_ image: RGBImage) -> String {
  image.pixels.withUnsafeBytes(Digest.sha256)
}

@Suite("Image decoding against Pillow", .enabled(if: SharedFixtures.present))
struct DecodingTests {
  @Test("every good file gives Pillow's RGB bytes", arguments: GoldenImages.all.good)
  func matchesPillow(golden: GoldenImages.Good) throws {
    let image = try decodeImage(contentsOf: GoldenImages.url(golden.file))
    #expect([image.width, image.height] == golden.rgbSize)
    // Lossy files too: libjpeg-turbo and libwebp decode exactly alike in both.
    #expect(hash(image) == golden.highByteRgbSha256 ?? golden.rgbSha256)
  }

  @Test(
    "EXIF orientation is applied on request",
    arguments: GoldenImages.all.good.filter { $0.uprightRgbSha256 != nil })
  func turnsUpright(golden: GoldenImages.Good) throws {
    let image = try decodeImage(contentsOf: GoldenImages.url(golden.file), orientation: .upright)
    #expect([image.width, image.height] == golden.uprightSize)
    #expect(hash(image) == golden.uprightRgbSha256)
  }

  @Test("every broken file gives an error that names it", arguments: GoldenImages.all.broken)
  func refusesBroken(golden: GoldenImages.Broken) {
    let error = #expect(throws: ImagingError.self) {
      try decodeImage(contentsOf: GoldenImages.url(golden.file), name: "holiday")
    }
    #expect(error.map { "\($0)" }?.contains("'holiday'") == true)
  }
}
