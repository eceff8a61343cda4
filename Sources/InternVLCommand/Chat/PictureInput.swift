import Foundation
import Imaging
import InternVL

/// Reads pictures, turned upright or not as the user wants.
struct PictureInput {
  /// Whether the EXIF orientation is ignored, as the reference implementation does.
  var ignoresOrientation = false

  /// Reads and decodes a picture.
  func read(_ source: PictureSource) throws(InternVLError) -> Image {
    let orientation: Orientation = ignoresOrientation ? .asStored : .upright
    do {
      switch source {
      case .file(let url, let page):
        return Image(try decodeImage(contentsOf: url, page: page, orientation: orientation))
      case .inline(let bytes, let name):
        return Image(try decodeImage(bytes, name: name, orientation: orientation))
      case .pixels(let image):
        return Image(image)
      }
    } catch {
      throw .image(error)
    }
  }
}
