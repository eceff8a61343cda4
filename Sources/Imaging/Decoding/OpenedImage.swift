import CVips
import Synchronization

/// The picture library serves one caller at a time: it keeps one error text per process.
private let library = Mutex<Void>(())

/// Runs `body` alone, with the library loaded.
func withLibrary<Result: Sendable>(
  _ body: () throws(ImagingError) -> sending Result
) throws(ImagingError) -> Result {
  try library.withLock { _ throws(ImagingError) in
    if let reason = cvips_start() {
      throw .libraryUnusable(reason: String(cString: reason))
    }
    return try body()
  }
}

/// What pictures are decoded with: the library's name and version.
///
/// - Throws: `ImagingError.libraryUnusable`.
package func imagingLibrary() throws(ImagingError) -> String {
  try withLibrary { () throws(ImagingError) in "libvips \(String(cString: cvips_version()))" }
}

/// The first line of what the library said about the last picture, printable characters only.
///
/// Where a decoder looks for something behind the file's end, that is said first and means little.
func takeLibraryMessage() -> String {
  var text = [CChar](repeating: 0, count: 512)
  cvips_take_error(&text, text.count)
  let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  let line = lines.first { !$0.hasPrefix("source: ") } ?? lines.first ?? ""
  let printable = line.unicodeScalars.filter { (0x20..<0x7F).contains($0.value) }
  return String(String.UnicodeScalarView(printable))
}

/// A picture of which only the header has been read.
///
/// Use it inside `withLibrary`.
struct OpenedImage: ~Copyable {
  let header: CVipsHeader
  let format: ImageFormat
  private let handle: OpaquePointer
  private let name: String

  deinit { cvips_close(handle) }

  /// Reads the header.
  ///
  /// - Parameters:
  ///   - bytes: the whole file; must stay in place while this value lives.
  ///   - format: the format that the first bytes show.
  ///   - page: counts from 0; must be 0 for formats without pages.
  ///   - name: what error messages call the picture.
  /// - Throws: when the library cannot make sense of the header.
  init(
    _ bytes: UnsafeRawBufferPointer, format: ImageFormat, page: Int, name: String
  ) throws(ImagingError) {
    var header = CVipsHeader()
    let opened = cvips_open(
      format.loader, bytes.baseAddress, bytes.count, format.hasPages ? Int32(page) : -1,
      format.dotsPerInch, &header)
    guard let opened else {
      throw .undecodable(name: name, format: format)
    }
    self.header = header
    self.format = format
    self.handle = opened
    self.name = name
  }

  var width: Int { Int(header.width) }
  var height: Int { Int(header.height) }

  /// 1 for formats without pages, whatever else the file holds (frames of an animation).
  var pages: Int { format.hasPages ? Int(header.pages) : 1 }

  var bands: Int { Int(header.bands) }

  /// The EXIF orientation, 1 (upright) when the file has none.
  ///
  /// A HEIF picture is turned by its own properties while it is decoded, and its EXIF orientation
  /// only repeats them.
  var exifOrientation: Int { format == .heif ? 1 : Int(header.orientation) }

  /// How many rows to decode at a time: about 1 MiB.
  ///
  /// A file whose header promises more pixels than follow then costs memory only for those.
  var stripRows: Int { max(1, (1 << 20) / rowBytes) }

  /// Bytes of one decoded row.
  var rowBytes: Int {
    width * bands * (Int(header.format) == CVIPS_FORMAT_USHORT ? 2 : 1)
  }

  /// Decodes the next rows; ask for them from the top to the bottom.
  ///
  /// - Parameters:
  ///   - rows: which rows.
  ///   - samples: filled with `rows.count * rowBytes` bytes; its size must be just that.
  /// - Throws: when the file is damaged there.
  func read(rows: Range<Int>, into samples: inout [UInt8]) throws(ImagingError) {
    let result = samples.withUnsafeMutableBytes { buffer in
      cvips_read(
        handle, Int32(rows.lowerBound), Int32(rows.count), buffer.baseAddress, buffer.count)
    }
    guard result == 0 else {
      throw .undecodable(name: name, format: format)
    }
  }
}

extension ImagingError {
  /// What the library says of files that are right, and that it cannot read.
  private static let unsupportedWords = [
    "unsupported", "not supported", "not implemented", "out of range", "not a whole number",
  ]

  /// What the library's message about a picture means.
  fileprivate static func undecodable(name: String, format: ImageFormat) -> ImagingError {
    let detail = takeLibraryMessage()
    return unsupportedWords.contains(where: detail.lowercased().contains)
      ? .unsupported(name: name, format: format.rawValue, detail: detail)
      : .damaged(name: name, format: format.rawValue, detail: detail)
  }
}
