import ArgumentParser
import Captioning
import Foundation
import Imaging
import InternVL

/// The pictures of a question.
struct PictureChoice: ParsableArguments {
  @Option(
    name: [.customShort("i"), .customLong("image")],
    help: ArgumentHelp(
      "A picture's file or web address, or several; - reads one from standard input. Repeatable.",
      valueName: "file"),
    completion: .file())
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "Takes these pages of each PDF or TIFF file, such as 1-3. (default: 1)",
      valueName: "pages"))
  var pages: PageRange?

  @Option(
    help: ArgumentHelp(
      "A video, of which 8 frames are taken evenly. Needs ffmpeg.", valueName: "file"),
    completion: .file())
  var video: String?

  @Option(
    help: ArgumentHelp(
      "A folder with the frames of a video, in the order of their names.", valueName: "folder"),
    completion: .directory)
  var frames: String?

  @OptionGroup var reading: PictureReading

  func validate() throws {
    guard [video != nil, frames != nil, !files.isEmpty].count(where: \.self) <= 1 else {
      throw ValidationError("use only one of --image, --video and --frames.")
    }
    if pages != nil, files.isEmpty { throw ValidationError("--pages needs --image.") }
    if pages != nil, files.contains(where: TypedPath.isWebAddress) {
      throw ValidationError("--pages takes files; download what is on the web.")
    }
  }

  /// Whether anything was named.
  var isEmpty: Bool { files.isEmpty && !isVideo }

  /// Whether the pictures are frames, which get one tile each.
  var isVideo: Bool { video != nil || frames != nil }

  /// Where the pictures are.
  func sources() throws -> [PictureSource] {
    if let video { return try Self.frames(of: URL(filePath: video)) }
    if let frames {
      let items = try PictureFinder().find([frames]).items
      guard !items.isEmpty else { throw CaptioningError.noImages }
      return items.map { .file(URL(filePath: $0.path), page: 0) }
    }
    let pages = pages?.pages ?? 1...1
    return files.flatMap { file in
      pages.map { PictureSource(typed: file == "-" ? Self.standardInput : file, page: $0 - 1) }
    }
  }

  /// Whether standard input is one of the pictures.
  var readsStandardInput: Bool { files.contains { $0 == "-" || $0 == Self.standardInput } }

  private static let standardInput = "/dev/stdin"

  /// Frames that stand for a video, as many as in the reference's example.
  private static func frames(of video: URL) throws(ImagingError) -> [PictureSource] {
    var frames: [PictureSource] = []
    try VideoFrames.read(video, segments: 8, searchPath: Environment.searchPath) {
      frames.append(.pixels($0))
    }
    return frames
  }
}

/// How pictures are read.
struct PictureReading: ParsableArguments {
  @Flag(
    help: """
      Takes pictures as they are stored, as the reference implementation does, and does not turn \
      photos upright.
      """)
  var ignoreOrientation = false

  var input: PictureInput { PictureInput(ignoresOrientation: ignoreOrientation) }

  var orientation: Orientation { ignoreOrientation ? .asStored : .upright }
}
