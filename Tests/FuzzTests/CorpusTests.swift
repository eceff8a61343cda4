import Foundation
import FuzzTargets
import Testing

@Suite("Fuzzing corpus", .serialized)
struct CorpusTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Corpus")

  @Test(
    "every input is read or refused without hanging", arguments: FuzzTarget.allCases)
  func inputs(target: FuzzTarget) throws {
    let folder = try ScratchFolder()
    defer { folder.remove() }
    try target.prepare(folder)
    let corpus = Self.root.appending(path: target.rawValue)
    let files = try FileManager.default.contentsOfDirectory(
      at: corpus, includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files {
      let input = [UInt8](try Data(contentsOf: file))
      let time = ContinuousClock().measure { try? target.run(input, folder) }
      // The fuzzer's own limit is stricter, but then it has the machine for itself.
      #expect(time < .seconds(10), "\(target) \(file.lastPathComponent)")
    }
  }

  @Test("the adapters among them are read to the end", arguments: ["peft", "modules"])
  func adapters(name: String) throws {
    let folder = try ScratchFolder()
    defer { folder.remove() }
    try FuzzTarget.adapter.prepare(folder)
    let file = Self.root.appending(path: "adapter/\(name)")
    try FuzzTarget.adapter.run([UInt8](Data(contentsOf: file)), folder)
  }
}
