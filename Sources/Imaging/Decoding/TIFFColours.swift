/// Whether a page of a TIFF file is stored as luma and chroma (TIFF 6.0, section 21).
///
/// The decoder passes such samples on as if they were red, green and blue, unless they are in JPEG form.
func storesYCbCr(tiff: [UInt8], page: Int) -> Bool {
  guard let directory = TIFFDirectory(tiff, page: page) else { return false }
  return directory[262] == 6 && ![6, 7].contains(directory[259] ?? 1)
}

/// The whole numbers of one directory of a TIFF file: what describes a page.
private struct TIFFDirectory {
  private var values: [Int: Int] = [:]

  subscript(tag: Int) -> Int? { values[tag] }

  /// Finds the directory of a page; nil where the file has none or ends early.
  init?(_ tiff: [UInt8], page: Int) {
    let isLittle = tiff.first == 0x49
    /// A number of `size` bytes; nil beyond the end, and for more than a file can have.
    func number(_ offset: Int, _ size: Int) -> Int? {
      guard offset >= 0, size <= tiff.count, offset <= tiff.count - size else { return nil }
      let bytes = tiff[offset..<offset + size]
      let value = (isLittle ? Array(bytes.reversed()) : Array(bytes))
        .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return Int(exactly: value)
    }
    // BigTIFF has wider numbers.
    let isBig = number(2, 2) == 43
    let (pointer, countSize, entry) = isBig ? (8, 8, 20) : (4, 2, 12)
    guard var directory = number(isBig ? 8 : 4, pointer) else { return nil }
    for _ in 0..<page {
      guard let count = number(directory, countSize), count <= 0xFFFF,
        let next = number(directory + countSize + count * entry, pointer)
      else { return nil }
      directory = next
    }
    guard let count = number(directory, countSize), count <= 0xFFFF else { return nil }
    for index in 0..<count {
      let start = directory + countSize + index * entry
      guard let tag = number(start, 2), let type = number(start + 2, 2) else { return nil }
      // SHORT and LONG; a single one stands in the entry itself.
      guard let size = [3: 2, 4: 4][type] else { continue }
      values[tag] = number(start + entry - pointer, size)
    }
  }
}

extension RGBImage {
  /// The colours of pixels that are luma and chroma of JFIF.
  func convertedFromYCbCr() -> RGBImage {
    var pixels = pixels
    for first in stride(from: 0, to: pixels.count, by: 3) {
      let luma = Float(pixels[first])
      let blue = Float(pixels[first + 1]) - 128
      let red = Float(pixels[first + 2]) - 128
      let colours = [
        luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue,
      ]
      for (band, colour) in colours.enumerated() {
        pixels[first + band] = UInt8(min(max(colour.rounded(), 0), 255))
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
