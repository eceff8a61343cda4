package import Files

/// Why a picture or video could not be read.
///
/// `name` is what the caller calls the file.
package enum ImagingError: Error, Equatable {
  /// The file could not be opened or read.
  case unreadable(name: String, FileError.Reason)
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
  /// The content is of a kind that this machine's decoder does not know; `detail` is what it said.
  case unsupported(name: String, format: String, detail: String)
  /// The samples cannot be turned into red, green and blue.
  case unsupportedColours(name: String, bands: Int)
  /// There is no such page; both numbers start at 1.
  case noSuchPage(name: String, page: Int, pages: Int)
  /// The picture library is not installed or not usable.
  case libraryUnusable(reason: String)
  /// The program that reads videos is not installed.
  case ffmpegMissing(name: String)
  /// The program that reads videos could not decode this one.
  case undecodableVideo(name: String, VideoFault)
  /// A picture in memory could not be encoded as PNG or JPEG.
  case notEncoded(reason: String)

  /// Why a video could not be decoded.
  package enum VideoFault: Error, Equatable {
    case noFrames
    /// It has fewer frames than it says; the number starts at 1.
    case missingFrame(Int)
    /// ffmpeg's output is not a row of pictures.
    case notPictures
    /// A frame is larger than a picture may be.
    case frameTooLarge(width: Int, height: Int)
    case timedOut(seconds: Int64)
    /// ffmpeg failed, and said why.
    case failed(message: String)
    /// ffmpeg failed, and said nothing.
    case failedSilently(status: Int32)
    /// ffmpeg could not be started, or its output not be read; `reason` is in the system's words.
    case notRun(reason: String)
  }
}

extension ImagingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let name, let reason):
      "cannot read '\(name)': \(reason)" + (reason == .isFolder ? "; name a picture in it" : "")
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
    case .unsupported(let name, let format, let detail):
      "'\(name)' is a \(format) file of a kind that the installed libraries cannot read (\(detail)); "
        + "install newer ones, or save it as JPEG or PNG"
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
    case .undecodableVideo(let name, let fault):
      "cannot read frames of the video '\(name)' (\(fault)); convert it to MP4 or give pictures"
    case .notEncoded(let reason):
      "a picture could not be encoded (\(reason))"
    }
  }
}

extension ImagingError.VideoFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noFrames: "it has no frames"
    case .missingFrame(let number): "frame \(number) is missing"
    case .notPictures: "ffmpeg sent something other than pictures"
    case .frameTooLarge(let width, let height):
      "a frame of \(width) x \(height) pixels is too large"
    case .timedOut(let seconds): "ffmpeg took longer than \(seconds) s"
    case .failed(let message): message
    case .failedSilently(let status): "ffmpeg ended with status \(status)"
    case .notRun(let reason): "ffmpeg did not run: \(reason)"
    }
  }
}
