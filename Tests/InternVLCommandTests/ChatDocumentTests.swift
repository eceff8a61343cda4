import Foundation
import InternVL
import OpenAIMessages
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Chats as files")
struct ChatDocumentTests {
  private static let picture =
    SharedFixtures.projectRoot.appending(path: "demo/pictures/three-shapes.png").path
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ path: String) throws -> Image {
    try PictureInput().read(.file(URL(filePath: path), page: 0))
  }

  private func restored(_ json: String, from path: String = "chat.json") throws -> RestoredChat {
    try RestoredChat(file: folder.write(json, to: path).path, read: PictureInput().read)
  }

  private func chat() throws -> ChatLog {
    let path = folder.url.appending(path: "a b.png").path
    try? FileManager.default.copyItem(atPath: Self.picture, toPath: path)
    let picture = ChatPicture(path: path, image: try read(path))
    var log = ChatLog()
    log.system = "Be brief."
    log.turns = [
      ChatTurn("What is it?", pictures: [picture], answer: "Three shapes."),
      ChatTurn("And these?\nBoth?", pictures: [picture, picture], answer: "The same."),
      ChatTurn("Why?"),
    ]
    return log
  }

  @Test("a chat comes back as it was, with its pictures")
  func roundTrip() throws {
    let log = try chat()
    let restored = try restored(ChatDocument(log).json)
    #expect(restored.problems == [])
    #expect(restored.log.system == log.system)
    #expect(restored.log.turns.map(\.question) == log.turns.map(\.question))
    #expect(restored.log.turns.map(\.answer) == log.turns.map(\.answer))
    #expect(
      restored.log.turns.map { $0.pictures.map(\.path) }
        == log.turns.map { $0.pictures.map(\.path) })
    #expect(restored.log.isWaiting)
  }

  @Test("a picture that has changed, or is gone, is noticed")
  func changedPicture() throws {
    let json = try ChatDocument(chat()).json
    let path = folder.url.appending(path: "a b.png").path
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.copyItem(
      at: SharedFixtures.projectRoot.appending(path: "demo/pictures/four-shapes.png"),
      to: URL(filePath: path))
    #expect(try restored(json).problems.count == 3)
    try FileManager.default.removeItem(atPath: path)
    let restored = try restored(json)
    #expect(restored.problems.count == 3)
    #expect(restored.log.turns.map(\.question) == ["What is it?", "And these?\nBoth?", "Why?"])
    #expect(restored.log.pictures.isEmpty)
  }

  @Test("a file of others goes on: a bare list, with relative and inline pictures")
  func otherFile() throws {
    let bytes = try Data(contentsOf: URL(filePath: Self.picture))
    let picture = try folder.write(Array(bytes), to: "sub/a.png")
    let first = try restored(
      """
      [{"role": "user", "content": [
         {"type": "image_url", "image_url": {"url": "a.png"}},
         {"type": "image_url", "image_url": "data:image/png;base64,\(bytes.base64EncodedString())"},
         {"type": "text", "text": "Which?"}]},
       {"role": "assistant", "content": "Both."}]
      """, from: "sub/list.json")
    #expect(first.problems == [])
    #expect(first.log.turns.map(\.question) == ["Which?"])
    #expect(first.log.turns.map(\.answer) == ["Both."])
    let file = folder.url.appending(path: "sub/list.json").path
    #expect(first.log.pictures.map(\.path) == [picture.path, "picture 2 of \(file)"])
    #expect(first.log.pictures[1].name == "picture 2 of \(file)")
    // Saved elsewhere, it has both pictures still.
    let second = try restored(ChatDocument(first.log).json)
    #expect(second.problems == [])
    #expect(second.log.pictures.map(\.image.digest) == first.log.pictures.map(\.image.digest))
  }

  @Test("an inline picture that cannot be read is named by its place")
  func brokenInlinePicture() throws {
    let restored = try restored(
      """
      [{"role": "user", "content": [
         {"type": "image_url", "image_url": "data:image/png;base64,AQIDAQID"},
         {"type": "text", "text": "What?"}]}]
      """)
    let problem = try #require(restored.problems.first)
    #expect(restored.problems.count == 1)
    #expect(problem.contains("picture 1 of \(folder.url.path)/chat.json"), "\(problem)")
    #expect(!problem.contains("AQID"), "\(problem)")
    #expect(restored.log.turns.map(\.question) == ["What?"])
    #expect(restored.log.pictures.isEmpty)
  }

  @Test("--messages reads a saved chat whose last question waits")
  func messages() throws {
    let file = try folder.write(Array(try ChatDocument(chat()).json.utf8), to: "chat.json")
    let result = try Program.run([
      "launch", "InternVL3-Demo", "--messages", file.path, "--max-tokens", "2", "--json",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.components(separatedBy: #""columns""#).count == 4)
  }

  @Test("a chat as Markdown reads as recorded")
  func markdown() throws {
    let text = try chat().markdown.replacing(folder.url.path, with: "FOLDER")
    try expectSnapshot(text, "chat-markdown")
  }

  @Test("chats and lines are kept, the latest first, for the user alone")
  func store() throws {
    let store = ChatStore(folder: folder.url.appending(path: "state"))
    #expect(try store.chats() == [])
    #expect(store.lines() == [])
    for question in ["first", "second"] {
      var log = ChatLog()
      log.turns = [ChatTurn(question)]
      try store.write(log, to: store.newChat())
      try store.append("\(question)\nline")
    }
    for path in try store.chats()
    where try ChatDocument(file: path).messages[0].content.text == "first" {
      let earlier = [FileAttributeKey.modificationDate: Date(timeIntervalSinceNow: -60)]
      try FileManager.default.setAttributes(earlier, ofItemAtPath: path)
    }
    let chats = try store.chats()
    #expect(chats.count == 2)
    #expect(try ChatDocument(file: chats[0]).messages[0].content.text == "second")
    #expect(store.lines() == ["first\nline", "second\nline"])
    let state = folder.url.appending(path: "state").path
    let mode = try FileManager.default.attributesOfItem(atPath: state)[.posixPermissions]
    #expect(mode as? Int == 0o700)
  }

  @Test("a setting is checked as its option is")
  func settings() throws {
    var settings = ChatSettings(GenerationOptions(temperature: 0.5))
    #expect(settings.set("temperature", to: "0.7") == nil)
    #expect(settings.set("max_tokens", to: "12") == nil)
    #expect(settings.set("tiles", to: "4") == nil)
    #expect(settings.options.temperature == 0.7)
    #expect(settings.options.maxTokens == 12)
    #expect(settings.options.maxTiles == 4)
    #expect(settings.set("temperature", to: "warm")?.contains("warm") == true)
    #expect(settings.set("temperature", to: "-1")?.contains("must be from 0") == true)
    #expect(settings.set("colour", to: "1")?.contains("there is no setting 'colour'") == true)
    try expectSnapshot(settings.text, "chat-settings")
  }
}
