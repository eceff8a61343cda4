import Captioning
import Files
import Foundation
import Hub
import InternVL
import JSON
import Registry
import Testing

@testable import InternVLCommand

@Suite("Messages")
struct MessageTests {
  @Test("the sentences of errors read as recorded")
  func sentences() throws {
    let specs = try Registry.builtIn().families.flatMap(\.specs)
    var errors: [any Error] = [
      CommandError.file(path: "a.txt", reason: "there is no such file"),
      CommandError.notUTF8(name: "'a.txt'", offset: 7),
      CommandError.tooManyPictures(60, tokens: 15360, context: 512),
      InternVLError.conversation(file: "chat.json", .notJSON),
      InternVLError.promptTooLong(tokens: 9000, context: 8192),
      CaptioningError.missing(path: "photos"),
      CaptioningError.noImages,
      CaptioningError.unopened(FileError(.open, "a.jsonl", .system(code: ENOENT))),
      CaptioningError.output(FileError(.write, "a.jsonl", .system(code: ENOSPC))),
      CaptioningError.inUse(file: "a.jsonl"),
      CaptioningError.notCaptions(file: "a.jsonl", line: 3),
      HubError.revisionMissing(repository: "OpenGVLab/InternVL3-1B", revision: "v9"),
      HubError.notCached(repository: "OpenGVLab/InternVL3-1B", missing: ["config.json"]),
      RegistryError.unreadable(FileError(.open, "own.json", .system(code: ENOENT))),
      RegistryError.invalid(
        JSONError(
          file: "own.json",
          .value(
            key: "families[0].specs[0].format", found: "missing", expected: "pytorch or awq"))),
      RegistryError.unknownName("llama", known: ["InternVL3-1B", "InternVL3-1B-AWQ"]),
      RegistryError.noSuchSpec(family: "InternVL3", wanted: "size 3", specs: ["size 1, 2"]),
      RegistryError.contradiction("'8b-9b' contradicts itself", specs: ["InternVL3-8B"]),
    ]
    var own = try Registry.builtIn()
    try own.add(
      json: Data(
        #"""
        {"families": [{"name": "Tuned", "context_length": 8192, "languages": ["en"],
          "abilities": ["chat"], "description": "Mine.", "specs": [
            {"size_in_billions": 2, "format": "pytorch", "quantization": "none",
             "folder": "tuned"}]}]}
        """#.utf8), file: "own.json", folder: URL(filePath: "/registries/"))
    errors += [specs.first, specs.last, own.families.last?.specs.first].compactMap {
      $0.map(CommandError.notHere)
    }
    try expectSnapshot(errors.map { "\(Advice.sentence($0))\n" }.joined(), "messages")
  }

  @Test("a model that is too large is refused with what would fit")
  func tooLarge() throws {
    let registry = try Registry.builtIn()
    let spec = try #require(registry.families[0].specs.first { $0.name == "InternVL3-8B" })
    let check = MemoryCheck(
      shape: try #require(spec.shape), format: .pytorch, isFast: false, contextLength: 8192,
      tiles: 13)
    var sentences = ""
    for free in [17_000_000_000, 10_000_000_000, 1_000_000_000] {
      do {
        try check.require(
          Machine(freeBytes: free, folder: { _ in nil }), name: spec.name, registry: registry)
        Issue.record("it seems to fit into \(free) bytes")
      } catch {
        sentences += "\(error)\n"
      }
    }
    try check.require(
      Machine(freeBytes: 18_000_000_000, folder: { _ in nil }), name: spec.name,
      registry: registry)
    try expectSnapshot(sentences, "too-large")
  }
}
