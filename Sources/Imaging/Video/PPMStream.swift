import Foundation

/// Cuts a stream of binary PPM pictures (netpbm's P6) with 8 bits a sample into images.
struct PPMStream {
  /// Longest header: "P6", two sizes and the maximum, each ended by one character.
  private static let maxHeaderBytes = 40

  let limits: ImageLimits
  private var header: [UInt8] = []
  private var size: (width: Int, height: Int)?
  private var pixels: [UInt8] = []

  init(limits: ImageLimits) { self.limits = limits }

  /// Adds bytes of the stream.
  ///
  /// - Parameter piece: the bytes that follow those of the last call.
  /// - Returns: the images that are complete by now.
  /// - Throws: when the stream is something else, or a picture is too large.
  mutating func append(_ piece: Data) throws(ImagingError.VideoFault) -> [RGBImage] {
    var images: [RGBImage] = []
    var rest = piece[...]
    while !rest.isEmpty {
      guard let (width, height) = size else {
        header.append(rest.removeFirst())
        size = try Self.size(header: header, limits: limits)
        continue
      }
      let taken = rest.prefix(width * height * 3 - pixels.count)
      pixels.append(contentsOf: taken)
      rest = rest.dropFirst(taken.count)
      if pixels.count == width * height * 3 {
        images.append(RGBImage(width: width, height: height, pixels: pixels))
        (header, size, pixels) = ([], nil, [])
      }
    }
    return images
  }

  /// The size that a complete header states; nil while it is incomplete.
  private static func size(
    header: [UInt8], limits: ImageLimits
  ) throws(ImagingError.VideoFault) -> (width: Int, height: Int)? {
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x0A }
    let words = header.split(whereSeparator: isSpace).map { String(decoding: $0, as: UTF8.self) }
    guard words.count == 4, let last = header.last, isSpace(last) else {
      if header.count > maxHeaderBytes { throw .notPictures }
      return nil
    }
    guard words[0] == "P6", words[3] == "255", let width = Int(words[1]),
      let height = Int(words[2]), width > 0, height > 0
    else { throw .notPictures }
    guard limits.allow(width: width, height: height) else {
      throw .frameTooLarge(width: width, height: height)
    }
    return (width, height)
  }
}
