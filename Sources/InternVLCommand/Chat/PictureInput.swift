import Files
import Foundation
import Imaging
import InternVL

/// Reads pictures, turned upright or not as the user wants.
struct PictureInput {
  /// Whether the EXIF orientation is ignored, as the reference implementation does.
  var ignoresOrientation = false

  /// Looks at the pictures' first bytes and pages, so that a mistake shows before a model is
  /// downloaded.
  ///
  /// A pipe can be read only once, so it is left for `read`.
  static func check(_ sources: [PictureSource]) throws(InternVLError) {
    var pages: [URL: Int] = [:]
    do {
      for source in sources {
        switch source {
        case .file(let url, let page) where !isPipe(url):
          let count = try pages[url] ?? pageCount(contentsOf: url)
          guard page < count else {
            throw ImagingError.noSuchPage(name: url.relativePath, page: page + 1, pages: count)
          }
          pages[url] = count
        case .inline(let bytes, let name): _ = try pageCount(bytes, name: name)
        case .file, .pixels: break
        }
      }
    } catch {
      throw .image(error)
    }
  }

  private static func isPipe(_ file: URL) -> Bool {
    FileSystem.kind(of: file.path(percentEncoded: false)) == .pipe
  }

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
