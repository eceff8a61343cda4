public import Foundation
package import Imaging

/// A picture in memory, decoded.
public struct Image: Sendable {
  package let pixels: RGBImage

  /// Wraps decoded pixels.
  package init(_ pixels: RGBImage) { self.pixels = pixels }

  /// Reads and decodes a picture file: JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC, AVIF or PDF.
  ///
  /// - Parameters:
  ///   - file: the file.
  ///   - page: which page of a file that has several, from 0.
  /// - Throws: `InternVLError.image` when it cannot be read, is damaged or is too large.
  public init(contentsOf file: URL, page: Int = 0) throws(InternVLError) {
    do {
      pixels = try decodeImage(contentsOf: file, page: page)
    } catch {
      throw .image(error)
    }
  }

  /// Decodes a picture that is already in memory.
  ///
  /// - Parameters:
  ///   - data: the file's bytes.
  ///   - name: what error messages call it.
  /// - Throws: `InternVLError.image` when it is damaged or too large.
  public init(data: [UInt8], name: String) throws(InternVLError) {
    do {
      pixels = try decodeImage(data, name: name)
    } catch {
      throw .image(error)
    }
  }
}
