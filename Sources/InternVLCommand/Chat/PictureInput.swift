import Foundation
import Hub
import Imaging
import InternVL

/// Reads pictures, turned upright or not as the user wants.
struct PictureInput: Sendable {
  /// Whether the EXIF orientation is ignored, as the reference implementation does.
  var ignoresOrientation = false
  /// Whether nothing may be sent over the network.
  var isOffline = false

  /// No picture of a web page comes near this.
  private static let mostWebBytes = 64 << 20

  /// A picture that is on this machine: one from the web is fetched.
  ///
  /// - Throws: `CommandError.unfetched` and `.notFetchedOffline`; `HubError` for settings that make no sense.
  func fetched(_ source: PictureSource) throws -> PictureSource {
    guard case .web(let address) = source else { return source }
    let settings = try Environment.hubs.get()
    guard !isOffline, !settings.isOffline else { throw CommandError.notFetchedOffline(address) }
    let web = WebDownload(settings: settings.transport, limitBytes: Self.mostWebBytes)
    do {
      return .inline(try web.bytes(of: address), name: address)
    } catch {
      throw CommandError.unfetched(address, error)
    }
  }

  /// Reads and decodes a picture.
  ///
  /// - Throws: `InternVLError.image`, and what `fetched` throws.
  func read(_ source: PictureSource) throws -> Image {
    let orientation: Orientation = ignoresOrientation ? .asStored : .upright
    do throws(ImagingError) {
      switch source {
      case .file(let url, let page):
        return Image(try decodeImage(contentsOf: url, page: page, orientation: orientation))
      case .inline(let bytes, let name):
        return Image(try decodeImage(bytes, name: name, orientation: orientation))
      case .pixels(let image):
        return Image(image)
      case .web: break
      }
    } catch {
      throw InternVLError.image(error)
    }
    return try read(fetched(source))
  }
}
