import Checkpoint
import Foundation
import Kernels
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("internvl cache")
struct CacheCommandTests {
  /// A Hugging Face cache with one repository of two links to one content.
  private let temporary: TemporaryFolder
  private var home: URL { temporary.url }
  private let repository = "OpenGVLab/InternVL3-1B"
  private var snapshot: String {
    home.path + "/hub/models--OpenGVLab--InternVL3-1B/snapshots/"
      + String(repeating: "c", count: 40)
  }

  init() throws {
    temporary = try TemporaryFolder()
    let folder = home.appending(path: "hub/models--OpenGVLab--InternVL3-1B")
    let commit = String(repeating: "c", count: 40)
    for name in ["blobs", "refs", "snapshots/\(commit)"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
    // The blob id that git gives to the five bytes "hello".
    let blob = "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0"
    try Data("hello".utf8).write(to: folder.appending(path: "blobs/\(blob)"))
    try Data(commit.utf8).write(to: folder.appending(path: "refs/main"))
    for name in ["config.json", "copy.json"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(path: "snapshots/\(commit)/\(name)").path,
        withDestinationPath: "../../blobs/\(blob)")
    }
  }

  private func run(_ arguments: String...) throws -> Program.Result {
    try Program.run(
      ["cache"] + arguments,
      environment: [
        "HF_HOME": home.path, "MODELSCOPE_CACHE": home.path + "/ms", "XDG_CACHE_HOME": home.path,
      ])
  }

  /// A packed file of a checkpoint, or one that a killed program left.
  @discardableResult
  private func pack(_ checkpoint: String, isFinished: Bool = true) throws -> URL {
    let folder = home.appending(path: "internvl/packed")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "\(checkpoint.hashValue).safetensors")
    let matrix = [UInt8](repeating: 1, count: 1000)
    let writer = try SafetensorsWriter(
      file,
      tensors: [
        .init(name: "a", type: .uint8, shape: [matrix.count]),
        .init(name: "a.checksum", type: .int64, shape: [1]),
      ], metadata: ["folder": checkpoint])
    writer.write(matrix, to: "a")
    writer.write([Compute(lanes: 1).checksum(matrix, byteCount: matrix.count)], to: "a.checksum")
    try writer.finish()
    guard !isFinished else { return file }
    let unfinished = file.appendingPathExtension("part")
    try FileManager.default.moveItem(at: file, to: unfinished)
    return unfinished
  }

  @Test("lists what the caches hold, shared content counted once")
  func list() throws {
    let result = try run("list")
    #expect(result.status == 0)
    #expect(result.output.contains("OpenGVLab/InternVL3-1B  huggingface  main"))
    #expect(result.output.contains("1 model, 45 B"))
    let json = try run("list", "--json").output
    #expect(json.contains(#""files":2"#) && json.contains(#""names":["main"]"#))
  }

  @Test("names a damaged file, and repair removes it")
  func damage() throws {
    #expect(try run("verify").status == 0)
    let blobs = home.appending(path: "hub/models--OpenGVLab--InternVL3-1B/blobs")
    let blob = try #require(FileManager.default.contentsOfDirectory(atPath: blobs.path).first)
    try Data("hullo".utf8).write(to: blobs.appending(path: blob))
    let verified = try run("verify", repository)
    #expect(verified.status == 1 && verified.output.contains("config.json: has the hash"))
    #expect(verified.errors.contains("internvl cache repair"))
    #expect(try run("repair").status == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: blobs.path).isEmpty)
  }

  @Test("removes only what was confirmed")
  func remove() throws {
    #expect(try run("remove").status == 2)
    let refused = try run("remove", repository)
    #expect(refused.status == 1 && refused.errors.contains("nothing was removed"))
    #expect(try run("remove", "nobody/none", "--yes").status == 1)
    #expect(try run("remove", repository, "--yes").status == 0)
    #expect(try run("list").output.contains("0 models"))
  }

  @Test("packed weights are listed and removed with the model that they were made from")
  func packed() throws {
    try pack(snapshot)
    let rows = try JSONDecoder().decode(
      [Row].self, from: Data(run("list", "1b-pytorch", "--json").output.utf8))
    let packedBytes = try #require(rows.first?.packed_bytes)
    #expect(rows.count == 1 && packedBytes > 1000)
    #expect(try run("remove", "1b-pytorch", "--yes").status == 0)
    #expect(try run("list").output.contains("0 models, 0 B"))
  }

  @Test("packed weights of a folder are listed and removed by its name, and the folder stays")
  func packedFolder() throws {
    let checkpoint = try temporary.write("{}", to: "mine/config.json").deletingLastPathComponent()
    try pack(checkpoint.path)
    try pack(checkpoint.path + "2", isFinished: false)
    let rows = try JSONDecoder().decode(
      [Row].self, from: Data(run("list", "--json").output.utf8))
    #expect(rows.map(\.repository) == [repository, nil, nil])
    #expect(rows.dropFirst().map(\.folder) == [checkpoint.path, checkpoint.path + "2"])
    #expect(rows.map { $0.unfinished_bytes > 0 } == [false, false, true])
    #expect(try run("remove", checkpoint.path, checkpoint.path + "2", "--yes").status == 0)
    #expect(try run("list").output.contains("1 model, 45 B"))
    #expect(FileManager.default.fileExists(atPath: checkpoint.path))
  }

  @Test("packed weights are verified; repair removes damaged ones and what killed programs left")
  func packedDamage() throws {
    let intact = try pack(snapshot)
    let unfinished = try pack(snapshot + "2", isFinished: false)
    let damaged = try pack(home.path + "/mine")
    #expect(try run("verify").status == 0)
    var bytes = try Data(contentsOf: damaged)
    bytes[bytes.count - 500] ^= 1
    try bytes.write(to: damaged)
    let verified = try run("verify")
    #expect(verified.status == 1)
    #expect(verified.output.contains("\(repository), packed weights: 1 file right\n"))
    #expect(
      verified.output.contains(
        """
        \(home.path)/mine, packed weights: 0 files right
          \(damaged.path): is not what was written

        """))
    let mine = try run("verify", home.path + "/mine", "--json")
    #expect(mine.output.contains(#""fault":"is not what was written""#))
    #expect(try run("repair").status == 0)
    #expect(
      [intact, unfinished, damaged].map { FileManager.default.fileExists(atPath: $0.path) }
        == [true, false, false])
    #expect(try run("verify").status == 0)
  }

  @Test("a packed file that was cut is listed under its own name, and repair removes it")
  func packedCut() throws {
    let file = try pack(snapshot)
    let handle = try FileHandle(forWritingTo: file)
    try handle.truncate(atOffset: 500)
    try handle.close()
    let rows = try JSONDecoder().decode([Row].self, from: Data(run("list", "--json").output.utf8))
    #expect(rows.map(\.packed_bytes) == [0, 500])
    #expect(rows.last?.folder == file.resolvingSymlinksInPath().path)
    #expect(try run("verify").output.contains("\(file.path): is not what was written\n"))
    #expect(try run("repair").status == 0)
    #expect(!FileManager.default.fileExists(atPath: file.path))
  }

  /// A row of `cache list --json`, in its own words.
  private struct Row: Decodable {
    let repository: String?
    let folder: String
    let packed_bytes, unfinished_bytes: Int64
  }

  @Test("prints where the caches are, and where a model's files are")
  func path() throws {
    #expect(try run("path", repository).output == snapshot + "\n")
    #expect(try run("path", "1b-pytorch").output == snapshot + "\n")
    #expect(try run("path").output == "\(home.path)/hub\n\(home.path)/ms\n")
    #expect(try run("path", "--hub", "modelscope").output == "\(home.path)/ms\n")
  }
}
