import CVips

extension RGBImage {
  /// The image as a PNG file in memory.
  package func encodedAsPNG() throws(ImagingError) -> [UInt8] {
    try encoded { width, height, encoded, count in
      cvips_encode_png(pixels, width, height, encoded, count)
    }
  }

  /// The image as a JPEG file in memory; `quality` is 1 to 100.
  package func encodedAsJPEG(quality: Int) throws(ImagingError) -> [UInt8] {
    try encoded { width, height, encoded, count in
      cvips_encode_jpeg(pixels, width, height, Int32(quality), encoded, count)
    }
  }

  private func encoded(
    _ encode: (
      Int32, Int32, UnsafeMutablePointer<UnsafeMutableRawPointer?>, UnsafeMutablePointer<Int>
    ) -> Int32
  ) throws(ImagingError) -> [UInt8] {
    try withLibrary { () throws(ImagingError) in
      var encoded: UnsafeMutableRawPointer?
      var count = 0
      guard encode(Int32(clamping: width), Int32(clamping: height), &encoded, &count) == 0,
        let encoded
      else { throw .notEncoded(reason: takeLibraryMessage()) }
      defer { cvips_free(encoded) }
      return [UInt8](UnsafeRawBufferPointer(start: encoded, count: count))
    }
  }
}
