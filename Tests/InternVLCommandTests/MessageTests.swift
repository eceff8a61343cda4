import Captioning
import Files
import Foundation
import Hub
import InternVL
import JSON
import OpenAIMessages
import Registry
import StructuredOutput
import Testing

@testable import InternVLCommand
@testable import Models

@Suite("Messages")
struct MessageTests {
  @Test("the sentences of errors read as recorded")
  func sentences() throws {
    let errors: [any Error] = [
      FileError(.open, "a.txt", .system(code: ENOENT)),
      CommandError.notUTF8(name: "'a.txt'", offset: 7),
      CommandError.severalPlaceholders,
      CommandError.nothingToCaption,
      CommandError.unknownShard,
      CommandError.unknownShardCount,
      CommandError.noSuchShard(5, count: 4),
      CommandError.unfetched("https://a.example/1.png", .status(404, host: "a.example")),
      CommandError.notFetchedOffline("https://a.example/1.png"),
      ModelsError.declined,
      ModelsError.tooManyPictures(60, tokens: 15360, context: 512),
      ConversationError(file: "chat.json", fault: .notJSON),
      InternVLError.promptTooLong(tokens: 9000, context: 8192),
      InternVLError.shape(
        SchemaError.unsupported(keyword: "not", at: "#/properties/a", detail: nil)),
      InternVLError.shape(
        SchemaError.invalid(keyword: "type", at: "#", found: "1", expected: "a type")),
      InternVLError.shape(SchemaError.unresolved(reference: "#/a", at: "#/items")),
      InternVLError.shape(SchemaError.unsatisfiable),
      InternVLError.shape(SchemaError.tooLarge(.alternatives, limit: 256)),
      InternVLError.shape(SchemaError.tooLarge(.shortestAnswer, limit: 16384)),
      InternVLError.shape(
        SchemaError.shorthand("a:colour", offset: 8, expected: "a type or a text")),
      InternVLError.shapeTooLong(tokens: 40, limit: 20),
      CaptioningError.missing(path: "photos"),
      CaptioningError.noImages,
      CaptioningError.unopened(FileError(.open, "a.jsonl", .system(code: ENOENT))),
      CaptioningError.output(FileError(.write, "a.jsonl", .system(code: ENOSPC))),
      CaptioningError.overwritesInput(file: "a.jsonl"),
      CaptioningError.sameOutput(file: "a.jsonl"),
      CaptioningError.inUse(file: "a.jsonl"),
      CaptioningError.notCaptions(file: "a.jsonl", line: 3),
      CaptioningError.outsideBase(path: "photos", base: "out"),
      CaptioningError.badListEntry(3),
      CaptioningError.unknownVariable("nmae"),
      CaptioningError.reservedField("image"),
      CaptioningError.repeatedField("tags"),
      CaptioningError.foreignArchive(file: "a.tar"),
      CaptioningError.otherColumns(file: "a.csv"),
      CaptioningError.otherSettings(
        file: "a.jsonl",
        [
          SettingDifference(name: "prompt", old: "What?", new: "Who?"),
          SettingDifference(name: "seed", old: nil, new: "7"),
          SettingDifference(name: "system", old: "Be brief.", new: nil),
        ]),
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
      RegistryError.contradiction("8b-9b", specs: ["InternVL3-8B"]),
      ModelsError.notAtHub(.modelscope, model: "Tuned"),
      ModelsError.missingFolder(path: "demo/model", model: "InternVL3-Demo", isOwn: false),
      ModelsError.missingFolder(path: "/registries/tuned", model: "Tuned", isOwn: true),
    ]
    try expectSnapshot(errors.map { "\(Advice.sentence($0))\n" }.joined(), "messages")
  }

  @Test("a model that is too large is refused with what would fit")
  func tooLarge() throws {
    func refusal(freeBytes: Int) throws -> ModelsError? {
      let catalog = ModelCatalog(
        registry: try Registry.builtIn(), hubs: .failure(.cancelled), freeMemory: { freeBytes },
        localFolder: { _, _ in nil })
      let spec = try #require(
        catalog.registry.families[0].specs.first { $0.name == "InternVL3-8B" })
      do {
        try catalog.requireMemory(
          for: spec.name, try #require(spec.configuration), ModelRequest())
        return nil
      } catch let error as ModelsError {
        return error
      }
    }
    var sentences = ""
    for free in [17_000_000_000, 10_000_000_000, 1_000_000_000] {
      sentences += Advice.sentence(try #require(try refusal(freeBytes: free))) + "\n"
    }
    #expect(try refusal(freeBytes: 18_000_000_000) == nil)
    try expectSnapshot(sentences, "too-large")
  }
}
