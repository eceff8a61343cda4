import Files
package import Foundation
import Processes

/// Frames of a video file, read by the `ffmpeg` program.
package enum VideoFrames {
  /// Reads the frames that stand for the whole video (see `FrameSampling`), one after the other.
  ///
  /// A video with fewer frames than segments gives some frames more than once. Frames are upright:
  /// ffmpeg turns them as the file asks.
  ///
  /// - Parameters:
  ///   - file: a video file on this machine; other files that it may name are not fetched.
  ///   - name: what error messages call the video; its path when nil.
  ///   - segments: how many frames, at least 1.
  ///   - searchPath: folders in which `ffmpeg` is looked for, separated by colons like `PATH`.
  ///   - timeLimit: longest time for counting, and again for decoding.
  ///   - limits: how many pixels a frame may have.
  ///   - consume: gets each frame as soon as it is decoded, so that only one frame is in memory.
  /// - Throws: when ffmpeg is missing, takes too long or cannot decode the frames.
  package static func read(
    _ file: URL, name: String? = nil, segments: Int, searchPath: String,
    timeLimit: Duration = .seconds(600), limits: ImageLimits = .standard,
    consume: (RGBImage) -> Void
  ) throws(ImagingError) {
    let name = name ?? file.relativePath
    try requireRegularFile(file, name: name)
    guard let ffmpeg = ChildProcess.executable("ffmpeg", searchPath: searchPath) else {
      throw .ffmpegMissing(name: name)
    }
    let video = Video(
      file: file, name: name, ffmpeg: ffmpeg, timeLimit: timeLimit, limits: limits)
    let frameCount = try video.frameCount()
    guard frameCount > 0 else { throw .undecodableVideo(name: name, .noFrames) }
    let indices = FrameSampling.indices(frameCount: frameCount, segments: segments)
    try video.decode(indices, consume: consume)
  }

  /// On a named pipe ffmpeg would block forever.
  private static func requireRegularFile(_ file: URL, name: String) throws(ImagingError) {
    let path = file.path(percentEncoded: false)
    do throws(FileError) {
      try FileStatus(path).requireFile(path)
    } catch {
      throw .unreadable(name: name, error.reason)
    }
  }
}

/// One video file and how to ask ffmpeg about it.
private struct Video {
  let file: URL
  let name: String
  let ffmpeg: URL
  let timeLimit: Duration
  let limits: ImageLimits

  /// The number of frames that play: those that come out of the decoder, which may be fewer than the
  /// file's packets where an editor or a phone cut it.
  func frameCount() throws(ImagingError) -> Int {
    var report = Data()
    let options = ["-fps_mode", "passthrough", "-progress", "pipe:1", "-f", "null", "-"]
    try run(options) { report.append($0) }
    // Lines such as "frame=120", the last one with the total.
    let lines = String(decoding: report, as: UTF8.self).split(separator: "\n")
    return lines.last { $0.hasPrefix("frame=") }.flatMap { Int($0.dropFirst(6)) } ?? 0
  }

  /// Decodes the frames with these rising indices; an index may come several times.
  func decode(_ indices: [Int], consume: (RGBImage) -> Void) throws(ImagingError) {
    let wanted = Set(indices).sorted()
    var pending = indices[...]
    var frames = wanted.makeIterator()
    var stream = PPMStream(limits: limits)
    let selection = wanted.map { "eq(n,\($0))" }.joined(separator: "+")
    let options = [
      "-vf", "select='\(selection)'", "-fps_mode", "passthrough", "-frames:v", "\(wanted.count)",
      "-c:v", "ppm", "-pix_fmt", "rgb24", "-f", "image2pipe", "pipe:1",
    ]
    try run(options) { piece in
      for image in try stream.append(piece) {
        let index = frames.next()
        while pending.first == index, index != nil {
          consume(image)
          pending.removeFirst()
        }
      }
    }
    if let missing = pending.first {
      throw .undecodableVideo(name: name, .missingFrame(missing + 1))
    }
  }

  /// Runs ffmpeg on the first video stream that is no cover picture, with the given output options.
  private func run(
    _ options: [String], consume: (Data) throws -> Void
  ) throws(ImagingError) {
    // "file:" makes a name with a leading "-" or a colon harmless, and the list of protocols keeps
    // playlists from reaching the network.
    let input = [
      "-nostdin", "-v", "error", "-protocol_whitelist", "file", "-max_pixels",
      "\(limits.maxPixels)", "-i", "file:" + file.path(percentEncoded: false), "-map", "0:V:0",
    ]
    let process = ChildProcess(
      executable: ffmpeg, arguments: input + options, timeLimit: timeLimit)
    do {
      try process.run(consume: consume)
    } catch let fault as ImagingError.VideoFault {
      throw .undecodableVideo(name: name, fault)
    } catch ChildProcess.Failure.timedOut {
      throw .undecodableVideo(name: name, .timedOut(seconds: timeLimit.components.seconds))
    } catch ChildProcess.Failure.failed(let status, let message) {
      let last = message.split(separator: "\n").last.map(String.init)
      throw .undecodableVideo(
        name: name, last.map { .failed(message: $0) } ?? .failedSilently(status: status))
    } catch ChildProcess.Failure.notStarted(let reason) {
      throw .undecodableVideo(name: name, .notRun(reason: reason))
    } catch {
      throw .undecodableVideo(name: name, .notRun(reason: error.localizedDescription))
    }
  }
}
