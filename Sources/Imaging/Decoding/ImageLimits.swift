/// Limits beyond which a picture is refused before a pixel is decoded.
package struct ImageLimits: Sendable, Equatable {
  /// The largest number of pixels of one picture or page.
  package var maxPixels: Int
  /// The largest number of pixels along one side.
  package var maxSide: Int
  /// The largest size of a file in bytes.
  package var maxFileBytes: Int

  package init(maxPixels: Int, maxSide: Int, maxFileBytes: Int) {
    self.maxPixels = maxPixels
    self.maxSide = maxSide
    self.maxFileBytes = maxFileBytes
  }

  /// 178 956 970 pixels (where Pillow raises `DecompressionBombError`: twice 1 GiB / 4 / 3 bytes),
  /// 65 535 a side (the most that JPEG can express) and 1 GiB.
  package static let standard = ImageLimits(
    maxPixels: 178_956_970, maxSide: 65_535, maxFileBytes: 1 << 30)

  /// Whether a picture may be decoded; both sides are at least 1.
  func allow(width: Int, height: Int) -> Bool {
    max(width, height) <= maxSide && width <= maxPixels / height
  }
}
