import Foundation
import Imaging

/// A small picture for a report, as the text of a `data:` address.
struct Thumbnail {
  /// The longest side in pixels, and the quality of the JPEG file, 1 to 100.
  private static let side = 192
  private static let quality = 60

  let width: Int
  let height: Int
  let address: String

  /// Makes one of a picture's file.
  init(_ bytes: [UInt8], name: String, page: Int, orientation: Orientation) throws(ImagingError) {
    let picture = try decodeImage(bytes, name: name, page: page, orientation: orientation)
    let scale = min(1, Double(Self.side) / Double(max(picture.width, picture.height)))
    width = max(1, Int((Double(picture.width) * scale).rounded()))
    height = max(1, Int((Double(picture.height) * scale).rounded()))
    let small = scale < 1 ? picture.resized(width: width, height: height) : picture
    let jpeg = try small.encodedAsJPEG(quality: Self.quality)
    address = "data:image/jpeg;base64," + Data(jpeg).base64EncodedString()
  }
}
