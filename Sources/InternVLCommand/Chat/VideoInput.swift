import Foundation
import Imaging

/// Reads frames of a video with the executables `ffmpeg` and `ffprobe`.
struct VideoInput {
  /// Frames that stand for a video, as in the reference's example.
  static let frames = 8

  let file: URL

  /// The frames as PNG pictures in memory, evenly over the video.
  func read() throws(CommandError) -> [PictureSource] {
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw .file(path: file.path, reason: "there is no such file")
    }
    let total = try frameCount()
    let indices = FrameSampling.indices(frameCount: total, segments: Self.frames)
    let wanted = Set(indices).sorted()
    let pictures = try extract(wanted)
    return indices.enumerated().compactMap { position, index in
      wanted.firstIndex(of: index).map {
        .inline(pictures[$0], name: "frame \(position + 1) of '\(file.path)'")
      }
    }
  }

  private func frameCount() throws(CommandError) -> Int {
    let output = try run(
      "ffprobe",
      [
        "-v", "error", "-select_streams", "v:0", "-count_packets", "-show_entries",
        "stream=nb_read_packets", "-of", "csv=p=0", file.path,
      ])
    let text = String(decoding: output, as: UTF8.self)
    guard let count = text.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) }),
      count > 0
    else { throw unreadable }
    return count
  }

  /// The frames with these numbers, in order.
  private func extract(_ frames: [Int]) throws(CommandError) -> [[UInt8]] {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "internvl-frames-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw .file(path: folder.path, reason: "the frames cannot be put there")
    }
    let selection = frames.map { "eq(n\\,\($0))" }.joined(separator: "+")
    _ = try run(
      "ffmpeg",
      [
        "-v", "error", "-nostdin", "-i", file.path, "-map", "0:v:0", "-vf", "select=\(selection)",
        "-vsync", "passthrough", folder.appending(path: "%d.png").path,
      ])
    // Packets that hold no frame can make the last ones missing.
    var pictures: [[UInt8]] = []
    for number in 1...frames.count {
      let picture = folder.appending(path: "\(number).png")
      guard let bytes = (try? Data(contentsOf: picture)).map(Array.init) ?? pictures.last else {
        throw unreadable
      }
      pictures.append(bytes)
    }
    return pictures
  }

  private var unreadable: CommandError {
    .file(path: file.path, reason: "it is not a video that ffmpeg can read")
  }

  /// Runs a program that is looked up as the shell does, and returns its output.
  private func run(_ program: String, _ arguments: [String]) throws(CommandError) -> Data {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    let bytes: Data
    do {
      try process.run()
      bytes = try output.fileHandleForReading.readToEnd() ?? Data()
    } catch {
      throw .failed("cannot start \(program)")
    }
    process.waitUntilExit()
    switch process.terminationStatus {
    case 0: return bytes
    case 127:
      throw .failed(
        "--video needs \(program), which is not installed: apt-get install ffmpeg, or give "
          + "ready pictures with --frames FOLDER")
    default: throw unreadable
    }
  }
}
