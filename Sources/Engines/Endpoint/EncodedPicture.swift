import FoundationEssentials
import Imaging
package import InternVL

/// A picture as a file in memory.
package struct EncodedPicture: Sendable {
  /// Such as `image/png`.
  package let mediaType: String
  package let bytes: [UInt8]

  package init(mediaType: String, bytes: [UInt8]) {
    self.mediaType = mediaType
    self.bytes = bytes
  }

  /// Every engine takes this, whatever it may fetch.
  var address: String { "data:\(mediaType);base64,\(Data(bytes).base64EncodedString())" }
}

extension EncodedPicture {
  /// Pixels from which JPEG takes the place of PNG, which servers would not take for its size.
  private static let losslessPixels = 4_000_000

  /// A picture as a file that every server reads.
  ///
  /// - Throws: `InternVLError.image`.
  package init(_ image: Image) throws(InternVLError) {
    guard let pixels = image.pixels else {
      preconditionFailure("a picture is to be sent of which only tiles are kept")
    }
    do {
      if pixels.width * pixels.height <= Self.losslessPixels {
        self.init(mediaType: "image/png", bytes: try pixels.encodedAsPNG())
      } else {
        self.init(mediaType: "image/jpeg", bytes: try pixels.encodedAsJPEG(quality: 95))
      }
    } catch {
      throw .image(error)
    }
  }
}
