/// A picture in memory: 8 bits of red, green and blue per pixel.
package struct RGBImage: Sendable, Equatable {
  package let width: Int
  package let height: Int
  /// `[height, width, 3]`, row by row from the top.
  package let pixels: [UInt8]

  /// - Precondition: both sides are at least 1 and `pixels.count == width * height * 3`.
  package init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(
      width > 0 && height > 0 && pixels.count == width * height * 3,
      "\(pixels.count) bytes are no \(width) x \(height) RGB image")
    self.width = width
    self.height = height
    self.pixels = pixels
  }

  /// A rectangle cut out of the image.
  ///
  /// - Precondition: the rectangle lies inside the image.
  func cropped(left: Int, top: Int, width: Int, height: Int) -> RGBImage {
    precondition(
      left >= 0 && top >= 0 && left + width <= self.width && top + height <= self.height,
      "the rectangle \(width) x \(height) at (\(left), \(top)) leaves the image")
    var cut: [UInt8] = []
    cut.reserveCapacity(width * height * 3)
    for row in top..<top + height {
      let first = (row * self.width + left) * 3
      cut.append(contentsOf: pixels[first..<first + width * 3])
    }
    return RGBImage(width: width, height: height, pixels: cut)
  }
}
