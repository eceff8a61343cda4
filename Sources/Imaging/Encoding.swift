import CVips

extension RGBImage {
  /// The image as a PNG file in memory.
  package func encodedAsPNG() throws(ImagingError) -> [UInt8] {
    try withLibrary { () throws(ImagingError) in
      var encoded: UnsafeMutableRawPointer?
      var count = 0
      guard
        cvips_encode_png(pixels, Int32(clamping: width), Int32(clamping: height), &encoded, &count)
          == 0, let encoded
      else { throw .notEncoded(reason: takeLibraryMessage()) }
      defer { cvips_free(encoded) }
      return [UInt8](UnsafeRawBufferPointer(start: encoded, count: count))
    }
  }
}
