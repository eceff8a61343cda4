package import Foundation

/// Decodes a picture from memory.
///
/// The result is what Pillow's `convert("RGB")` gives: the first frame of an animation, alpha
/// dropped without blending, colour profiles ignored.
///
/// - Parameters:
///   - bytes: the whole file. Its format is recognised by its content.
///   - name: what error messages call the picture.
///   - page: the page of a TIFF or PDF file, counted from 0; other formats have only page 0.
///   - orientation: whether the EXIF orientation is applied.
///   - limits: what is refused.
/// - Returns: the page's pixels.
/// - Throws: when the content is not a picture, is damaged or ends early, has no such page, or
///   exceeds the limits, which the header shows before pixels are decoded.
package func decodeImage(
  _ bytes: [UInt8], name: String, page: Int = 0, orientation: Orientation = .asStored,
  limits: ImageLimits = .standard
) throws(ImagingError) -> RGBImage {
  try withOpenedImage(bytes, name: name, page: page) { opened throws(ImagingError) in
    var image = try opened.decode(name: name, limits: limits)
    switch opened.format {
    case .gif: image = GIFFrame(in: bytes)?.grounding(image) ?? image
    case .tiff where storesYCbCr(tiff: bytes, page: page): image = image.convertedFromYCbCr()
    default: break
    }
    // Pillow turns TIFF pages whether asked to or not.
    let isTurned = orientation == .upright || opened.format == .tiff
    return isTurned ? image.turned(exifOrientation: opened.exifOrientation) : image
  }
}

/// Decodes a picture file; see `decodeImage(_:name:page:orientation:limits:)`.
///
/// Error messages call the picture `name`, or by its path when that is nil.
package func decodeImage(
  contentsOf url: URL, name: String? = nil, page: Int = 0, orientation: Orientation = .asStored,
  limits: ImageLimits = .standard
) throws(ImagingError) -> RGBImage {
  let name = name ?? url.relativePath
  let bytes = try readFile(
    url.path(percentEncoded: false), name: name, limitBytes: limits.maxFileBytes)
  return try decodeImage(bytes, name: name, page: page, orientation: orientation, limits: limits)
}

/// The number of pages of a TIFF or PDF file in memory, 1 for any other picture.
package func pageCount(_ bytes: [UInt8], name: String) throws(ImagingError) -> Int {
  try withOpenedImage(bytes, name: name, page: 0) { opened throws(ImagingError) in opened.pages }
}

/// The number of pages of a TIFF or PDF file, 1 for any other picture file.
package func pageCount(
  contentsOf url: URL, name: String? = nil, limits: ImageLimits = .standard
) throws(ImagingError) -> Int {
  let name = name ?? url.relativePath
  return try pageCount(
    readFile(
      url.path(percentEncoded: false), name: name, limitBytes: limits.maxFileBytes), name: name)
}

/// Opens one page of a picture in memory for the duration of `body`.
private func withOpenedImage<Result: Sendable>(
  _ bytes: [UInt8], name: String, page: Int,
  _ body: (borrowing OpenedImage) throws(ImagingError) -> Result
) throws(ImagingError) -> Result {
  guard !bytes.isEmpty else { throw .empty(name: name) }
  guard let format = ImageFormat(sniffing: bytes) else { throw .notAnImage(name: name) }
  let bytes =
    switch format {
    case .gif: GIFFrame(in: bytes)?.prepared(bytes) ?? bytes
    case .heif: withoutSharedAuxiliaries(heif: bytes)
    default: bytes
    }
  return try withLibrary { () throws(ImagingError) in
    try bytes.span.withUnsafeBytes { buffer throws(ImagingError) in
      let first = try OpenedImage(buffer, format: format, page: 0, name: name)
      guard page != 0 else { return try body(first) }
      guard (0..<first.pages).contains(page) else {
        throw .noSuchPage(name: name, page: page &+ 1, pages: first.pages)
      }
      return try body(OpenedImage(buffer, format: format, page: page, name: name))
    }
  }
}

extension OpenedImage {
  /// Decodes all rows, a strip at a time.
  fileprivate func decode(name: String, limits: ImageLimits) throws(ImagingError) -> RGBImage {
    guard limits.allow(width: width, height: height) else {
      throw .tooManyPixels(name: name, width: width, height: height, limits: limits)
    }
    guard let layout = SampleLayout(header) else {
      throw .unsupportedColours(name: name, bands: bands)
    }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    var samples: [UInt8] = []
    for top in stride(from: 0, to: height, by: stripRows) {
      let rows = top..<min(top + stripRows, height)
      if samples.count != rows.count * rowBytes {
        samples = [UInt8](repeating: 0, count: rows.count * rowBytes)
      }
      try read(rows: rows, into: &samples)
      layout.appendColours(of: samples, to: &pixels)
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
