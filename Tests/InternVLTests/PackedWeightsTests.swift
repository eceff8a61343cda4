import Foundation
import Kernels
import TestSupport
import Testing

@testable import InternVL

@Suite("Packed weights", .enabled(if: SharedFixtures.present))
struct PackedWeightsTests {
  /// A folder of this test alone, removed with the value.
  private final class Scratch {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "internvl-packed-\(UUID().uuidString)")
    deinit { try? FileManager.default.removeItem(at: url) }

    var files: [URL] {
      (try? FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)) ?? []
    }
  }

  /// Loads the fixture and answers; counts how often packing reported progress.
  private func answer(
    _ cache: URL?, checkpoint: URL = SharedFixtures.url("models/qwen2-awq-bin")
  ) throws -> (tokens: [Int32], packedPieces: Int, hasError: Bool) {
    var pieces = 0
    let model = try VisionLanguageModel(
      folder: checkpoint,
      options: ModelOptions(precision: .fast, threads: 2, packedWeights: cache),
      progress: { _, _ in pieces += 1 })
    let question = Conversation(messages: [Message(role: .user, content: "Hello")])
    let reply = try Scheduler(model).reply(
      to: question, options: GenerationOptions(maxTokens: 16))
    return (reply.tokenIDs, pieces, model.packedWeightsError != nil)
  }

  @Test("are made once and mapped afterwards, with the same answer as packing in memory")
  func madeOnce() throws {
    let scratch = Scratch()
    let inMemory = try answer(nil)
    let first = try answer(scratch.url)
    let second = try answer(scratch.url)
    #expect(first.packedPieces > 0)
    #expect(second.packedPieces == 0)
    #expect(first.tokens == inMemory.tokens)
    #expect(second.tokens == inMemory.tokens)
    #expect(scratch.files.count == 1)
  }

  @Test("are made again when the file is cut")
  func damaged() throws {
    let scratch = Scratch()
    let first = try answer(scratch.url)
    let file = try #require(scratch.files.first)
    let handle = try FileHandle(forWritingTo: file)
    try handle.truncate(atOffset: 1000)
    try handle.close()
    let second = try answer(scratch.url)
    #expect(second.packedPieces > 0)
    #expect(second.tokens == first.tokens)
    #expect(try answer(scratch.url).packedPieces == 0)
  }

  @Test("are made again when a byte in the file is wrong", arguments: [0.001, 0.1, 0.5, 0.9, 0.99])
  func wrongByte(place: Double) throws {
    let scratch = Scratch()
    let first = try answer(scratch.url)
    let file = try #require(scratch.files.first)
    var bytes = try Data(contentsOf: file)
    bytes[Int(Double(bytes.count) * place)] ^= 1
    try bytes.write(to: file)
    let second = try answer(scratch.url)
    #expect(second.packedPieces > 0)
    #expect(second.tokens == first.tokens)
    let isIntact = try PackedFile(file)?.isIntact(on: Compute(lanes: 1), isCancelled: { false })
    #expect(isIntact == true)
    #expect(try answer(scratch.url).packedPieces == 0)
  }

  @Test("are made again when the file does not name a matrix, whatever its time says")
  func wrongName() throws {
    let scratch = Scratch()
    _ = try answer(scratch.url)
    let file = try #require(scratch.files.first)
    let time = try #require(
      file.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate)
    var bytes = try Data(contentsOf: file)
    let name = try #require(bytes.firstRange(of: Data("vision_model".utf8)))
    bytes.replaceSubrange(name, with: Data("vision-model".utf8))
    try bytes.write(to: file)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: file.path)
    #expect(PackedFile(file)?.isUntouched == true)
    #expect(try answer(scratch.url).packedPieces > 0)
    #expect(try answer(scratch.url).packedPieces == 0)
  }

  @Test("are used as they are when only the file's time is wrong, which is then set right")
  func touched() throws {
    let scratch = Scratch()
    _ = try answer(scratch.url)
    let file = try #require(scratch.files.first)
    #expect(PackedFile(file)?.isUntouched == true)
    try FileManager.default.setAttributes([.modificationDate: Date.now], ofItemAtPath: file.path)
    #expect(PackedFile(file)?.isUntouched == false)
    #expect(try answer(scratch.url).packedPieces == 0)
    #expect(PackedFile(file)?.isUntouched == true)
  }

  @Test("are made once by two programs that start together")
  func together() async throws {
    let scratch = Scratch()
    let cache = scratch.url
    async let first = answer(cache)
    async let second = answer(cache)
    let (one, other) = try await (first, second)
    // The one that waited had said that it begins.
    #expect(min(one.packedPieces, other.packedPieces) <= 1)
    #expect(max(one.packedPieces, other.packedPieces) > 1)
    #expect(one.tokens == other.tokens)
    #expect(scratch.files.count == 1)
  }

  @Test("are made again when a file of the checkpoint has changed")
  func stale() throws {
    let scratch = Scratch()
    let copy = scratch.url.appending(path: "checkpoint")
    try FileManager.default.createDirectory(at: scratch.url, withIntermediateDirectories: true)
    try FileManager.default.copyItem(at: SharedFixtures.url("models/qwen2-awq-bin"), to: copy)
    let cache = scratch.url.appending(path: "packed")
    _ = try answer(cache, checkpoint: copy)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1)],
      ofItemAtPath: copy.appending(path: "config.json").path)
    #expect(try answer(cache, checkpoint: copy).packedPieces > 0)
  }

  @Test("are made again when another model has the same name, sizes and times, and through a link")
  func replaced() throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    let (cache, link) = (checkpoint.beside("packed"), checkpoint.beside("link"))
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: checkpoint.folder)
    let weights = checkpoint.folder.appending(path: "model.safetensors")
    func pack() throws -> Int {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: weights.path)
      return try answer(cache, checkpoint: link).packedPieces
    }
    #expect(try pack() > 0)
    #expect(try pack() == 0)
    try checkpoint.overwrite(
      "language_model.lm_head.weight", with: Array(repeating: 0x3F, count: 40_000))
    #expect(try pack() > 0)
    #expect(try answer(cache, checkpoint: checkpoint.folder).packedPieces == 0)
  }

  @Test("that a killed program left unfinished are made, and nothing of it stays")
  func interrupted() throws {
    let scratch = Scratch()
    _ = try answer(scratch.url)
    let file = try #require(scratch.files.first)
    try FileManager.default.moveItem(at: file, to: file.appendingPathExtension("part"))
    #expect(try answer(scratch.url).packedPieces > 0)
    #expect(scratch.files.map(\.lastPathComponent) == [file.lastPathComponent])
  }

  @Test("are not made when the caller cancels, and nothing of them stays")
  func cancelled() throws {
    let scratch = Scratch()
    var asked = 0
    #expect {
      _ = try VisionLanguageModel(
        folder: SharedFixtures.url("models/qwen2-awq-bin"),
        options: ModelOptions(precision: .fast, threads: 2, packedWeights: scratch.url),
        isCancelled: {
          asked += 1
          return asked == 3
        })
    } throws: { error in
      guard case InternVLError.cancelled = error else { return false }
      return true
    }
    #expect(scratch.files.isEmpty)
  }

  @Test("know the folder that they were made from")
  func folder() throws {
    let scratch = Scratch()
    _ = try answer(scratch.url)
    let file = try #require(scratch.files.first)
    #expect(
      PackedFile(file)?.folder
        == SharedFixtures.url("models/qwen2-awq-bin").resolvingSymlinksInPath().path)
  }

  @Test("that cannot be written are kept in memory, with a note")
  func notWritable() throws {
    let scratch = Scratch()
    try Data().write(to: scratch.url)  // A file where the folder should be.
    let reply = try answer(scratch.url)
    #expect(reply.hasError)
    #expect(try reply.tokens == answer(nil).tokens)
  }
}
