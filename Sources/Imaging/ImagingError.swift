/// Why a picture or video could not be read.
///
/// `name` is what the caller calls the file.
package enum ImagingError: Error, Equatable {
  /// The file could not be opened or read; `reason` is the system's sentence.
  case unreadable(name: String, reason: String)
  /// The file has no bytes.
  case empty(name: String)
  /// The file has more bytes than the limit.
  case fileTooLarge(name: String, limitBytes: Int)
  /// The first bytes belong to no format that can be read.
  case notAnImage(name: String)
  /// The picture (or page) has more pixels, or a longer side, than the limits allow.
  case tooManyPixels(name: String, width: Int, height: Int, limits: ImageLimits)
  /// The content breaks the rules of its format; `detail` is what the decoder said.
  case damaged(name: String, format: String, detail: String)
  /// The samples cannot be turned into red, green and blue.
  case unsupportedColours(name: String, bands: Int)
  /// There is no such page; both numbers start at 1.
  case noSuchPage(name: String, page: Int, pages: Int)
  /// The picture library is not installed or not usable.
  case libraryUnusable(reason: String)
  /// The program that reads videos is not installed.
  case ffmpegMissing(name: String)
  /// The program that reads videos could not decode this one; `detail` is what it said.
  case undecodableVideo(name: String, detail: String)
  /// A picture in memory could not be encoded as PNG.
  case notEncoded(reason: String)
}

extension ImagingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let name, let reason):
      "cannot read '\(name)': \(reason)"
    case .empty(let name):
      "'\(name)' is empty; copy or download it again"
    case .fileTooLarge(let name, let limitBytes):
      "'\(name)' is larger than \(limitBytes >> 20) MiB; save it smaller or compressed"
    case .notAnImage(let name):
      "'\(name)' is not a picture that can be read; convert it to JPEG, PNG, WebP, GIF, TIFF, "
        + "BMP, HEIC, AVIF or PDF"
    case .tooManyPixels(let name, let width, let height, let limits):
      "'\(name)' has \(width) x \(height) pixels, more than the limit of \(limits.maxPixels) "
        + "pixels and \(limits.maxSide) a side; make it smaller"
    case .damaged(let name, let format, let detail):
      "'\(name)' is a damaged or incomplete \(format) file\(detail.isEmpty ? "" : " (\(detail))"); "
        + "copy or download it again"
    case .unsupportedColours(let name, let bands):
      "'\(name)' has \(bands) samples a pixel in a colour space that is not grey, RGB or CMYK; "
        + "save it as RGB"
    case .noSuchPage(let name, let page, let pages):
      "'\(name)' has no page \(page); it has \(pages == 1 ? "one page" : "\(pages) pages")"
    case .libraryUnusable(let reason):
      "pictures need libvips 8.14 or newer (\(reason)); install it: apt-get install libvips42"
    case .ffmpegMissing(let name):
      "reading the video '\(name)' needs ffmpeg 5.1 or newer; install it: apt-get install ffmpeg, "
        + "or give a folder of frames"
    case .undecodableVideo(let name, let detail):
      "cannot read frames of the video '\(name)' (\(detail)); convert it to MP4 or give pictures"
    case .notEncoded(let reason):
      "a picture could not be encoded as PNG (\(reason))"
    }
  }
}
