import Foundation
import Imaging
import TestSupport
import Testing

/// A stand-in for ffmpeg, so that no test depends on its being installed.
///
/// It counts ten frames and answers a request for frames with one-pixel pictures.
private final class FakeFFmpeg {
  let folder = FileManager.default.temporaryDirectory.appending(path: "video-\(UUID())")
  let video: URL

  /// Both texts say in the shell's language what the program does when asked to count and to decode.
  ///
  /// The program itself is a fixture: one that was just written may not start while another test
  /// starts a program, which then has it open for writing.
  init(count: String = "printf 'frame=4\\nframe=10\\nprogress=end\\n'", decode: String) throws {
    video = folder.appending(path: "-i a b.mp4")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    try Data("video".utf8).write(to: video)
    let script = """
      printf '%s\\n' "$@" >> '\(folder.path(percentEncoded: false))/arguments'
      case "$*" in *-progress*) \(count) ;; *) \(decode) ;; esac
      """
    try Data(script.utf8).write(to: folder.appending(path: "behaviour"))
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "ffmpeg"), withDestinationURL: Fixtures.url("fake_ffmpeg"))
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  var arguments: [Substring] {
    get throws {
      try String(contentsOf: folder.appending(path: "arguments"), encoding: .utf8)
        .split(separator: "\n")
    }
  }

  func read(segments: Int, timeLimit: Duration = .seconds(60)) throws -> [RGBImage] {
    var frames: [RGBImage] = []
    try VideoFrames.read(
      video, name: "x", segments: segments,
      searchPath: "/nowhere:\(folder.path(percentEncoded: false))", timeLimit: timeLimit
    ) { frames.append($0) }
    return frames
  }
}

@Suite("Video frames")
struct VideoFramesTests {
  private static let threePictures =
    "printf 'P6\\n1 1\\n255\\nabcP6\\n1 1\\n255\\ndefP6 1 1 255 ghi'"

  @Test("frames are asked for by number and come in order")
  func readsFrames() throws {
    let ffmpeg = try FakeFFmpeg(decode: Self.threePictures)
    let frames = try ffmpeg.read(segments: 3)
    #expect(frames.map(\.pixels) == ["abc", "def", "ghi"].map { Array($0.utf8) })
    // (10 - 1) / 3 = 3 frames a segment, their middles at 1.5, 4.5 and 7.5.
    #expect(try ffmpeg.arguments.contains("select='eq(n,1)+eq(n,4)+eq(n,7)'"))
  }

  @Test("a short video repeats frames")
  func repeatsFrames() throws {
    let ffmpeg = try FakeFFmpeg(count: "echo frame=1", decode: Self.threePictures)
    #expect(try ffmpeg.read(segments: 2).map(\.pixels) == [Array("abc".utf8), Array("abc".utf8)])
  }

  @Test("the file's name is one argument and no option")
  func passesNameSafely() throws {
    let ffmpeg = try FakeFFmpeg(decode: Self.threePictures)
    _ = try ffmpeg.read(segments: 3)
    let path = ffmpeg.video.path(percentEncoded: false)
    #expect(try ffmpeg.arguments.contains(Substring("file:" + path)))
  }

  @Test(
    "what goes wrong in ffmpeg is reported",
    arguments: [
      ("echo 'no such codec' >&2; exit 3", .failed(message: "no such codec")),
      ("exit 3", .failedSilently(status: 3)),
      ("true", .missingFrame(2)),
      ("printf 'P6 1 1 255 abc'", .missingFrame(5)),
      ("printf 'hello, this is no picture, whatever else it may be'", .notPictures),
      (
        "printf 'P6 99999999999 99999999999 255 '",
        .frameTooLarge(width: 99_999_999_999, height: 99_999_999_999)
      ),
    ] as [(String, ImagingError.VideoFault)])
  func reportsFailures(decode: String, fault: ImagingError.VideoFault) throws {
    let ffmpeg = try FakeFFmpeg(decode: decode)
    #expect(throws: ImagingError.undecodableVideo(name: "x", fault)) {
      try ffmpeg.read(segments: 3)
    }
  }

  @Test("a video without frames is an error")
  func refusesEmptyVideo() throws {
    let ffmpeg = try FakeFFmpeg(count: "echo frame=0", decode: "true")
    #expect(throws: ImagingError.undecodableVideo(name: "x", .noFrames)) {
      try ffmpeg.read(segments: 3)
    }
  }

  @Test("a hanging ffmpeg is stopped", .timeLimit(.minutes(1)))
  func stopsHangingProgram() throws {
    let ffmpeg = try FakeFFmpeg(count: "exec sleep 600", decode: "true")
    #expect(throws: ImagingError.undecodableVideo(name: "x", .timedOut(seconds: 1))) {
      try ffmpeg.read(segments: 3, timeLimit: .seconds(1))
    }
  }

  @Test("a missing ffmpeg is named with the way to install it")
  func namesMissingProgram() throws {
    let error = #expect(throws: ImagingError.ffmpegMissing(name: "x")) {
      try VideoFrames.read(
        Fixtures.url("rgb24.bmp"), name: "x", segments: 1, searchPath: "/nowhere"
      ) { _ in }
    }
    #expect(error.map { "\($0)" }?.contains("apt-get install ffmpeg") == true)
  }
}

@Suite("Video frames through ffmpeg itself", .enabled(if: FFmpeg.path != nil))
struct RealVideoFramesTests {
  @Test("the frames of the reference's formula are taken from a clip")
  func frames() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "clip-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let clip = try FFmpeg.clip(in: folder, frames: 40)
    var frames: [Int] = []
    try VideoFrames.read(clip, segments: 8, searchPath: FFmpeg.searchPath) { image in
      #expect(image.width == 16 && image.height == 16)
      frames.append(Int(image.pixels[0]) / 6)
    }
    // int(39 / 8 / 2 + np.round(39 / 8 * k)) for k in range(8)
    #expect(frames == [2, 7, 12, 17, 22, 26, 31, 36])
  }

  @Test(
    "of a video that was cut without encoding, the frames that play are taken",
    .enabled(
      if: SharedFixtures.present && FFmpeg.path != nil, "needs the shared files and ffmpeg"))
  func trimmedVideo() throws {
    let video = SharedFixtures.root.deletingLastPathComponent()
      .appending(path: "field-cases/17-trimmed-video/trimmed.mp4")
    var brightness: [Int] = []
    try VideoFrames.read(video, segments: 8, searchPath: FFmpeg.searchPath) { frame in
      let sum = frame.pixels.reduce(0) { $0 + Int($1) }
      brightness.append(Int((Double(sum) / Double(frame.pixels.count)).rounded()))
    }
    // The case's own values are of another conversion to RGB.
    let expected = [84, 98, 114, 128, 144, 158, 172, 189]
    #expect(brightness.count == expected.count)
    #expect(zip(brightness, expected).allSatisfy { abs($0 - $1) <= 1 }, "\(brightness)")
  }
}

/// The installed ffmpeg.
private enum FFmpeg {
  static let searchPath = ProcessInfo.processInfo.environment["PATH"] ?? ""

  static let path = searchPath.split(separator: ":").map { "\($0)/ffmpeg" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Makes a lossless clip of 16 x 16 pixels whose frame `n` has the level `6 n` everywhere.
  static func clip(in folder: URL, frames: Int) throws -> URL {
    let pixels = folder.appending(path: "pixels")
    try Data((0..<frames).flatMap { [UInt8](repeating: UInt8(6 * $0), count: 16 * 16 * 3) })
      .write(to: pixels)
    let clip = folder.appending(path: "clip.mkv")
    let process = Process()
    process.executableURL = URL(filePath: path ?? "")
    process.arguments = [
      "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "16x16", "-r", "25",
      "-i", pixels.path, "-c:v", "ffv1", "-pix_fmt", "bgr0", clip.path,
    ]
    try process.run()
    process.waitUntilExit()
    return clip
  }
}
