/// Which way up a decoded picture is.
package enum Orientation: Sendable {
  /// The rows as the file stores them, as the reference implementation takes them.
  case asStored
  /// Turned and mirrored as the file's EXIF orientation asks, as photo viewers show it.
  case upright
}

extension RGBImage {
  /// The image turned upright, given the EXIF tag 0x0112.
  ///
  /// The tag is 1 to 8; any other value changes nothing.
  func turned(exifOrientation: Int) -> RGBImage {
    // Indices count pixels: where the first output pixel comes from, and how far the source
    // moves for a step to the right and for a step down in the output.
    let last = width * height - 1
    let origin: (first: Int, right: Int, down: Int)
    switch exifOrientation {
    case 2: origin = (width - 1, -1, width)
    case 3: origin = (last, -1, -width)
    case 4: origin = (last - width + 1, 1, -width)
    case 5: origin = (0, width, 1)
    case 6: origin = (last - width + 1, -width, 1)
    case 7: origin = (last, -width, -1)
    case 8: origin = (width - 1, width, -1)
    default: return self
    }
    let isTransposed = exifOrientation >= 5
    let (columns, rows) = isTransposed ? (height, width) : (width, height)
    var turned: [UInt8] = []
    turned.reserveCapacity(pixels.count)
    for row in 0..<rows {
      for column in 0..<columns {
        let source = 3 * (origin.first + row * origin.down + column * origin.right)
        turned.append(pixels[source])
        turned.append(pixels[source + 1])
        turned.append(pixels[source + 2])
      }
    }
    return RGBImage(width: columns, height: rows, pixels: turned)
  }
}
