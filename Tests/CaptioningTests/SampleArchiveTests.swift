import Archives
import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Archives of samples with captions")
struct SampleArchiveTests {
  private let folder: TemporaryFolder
  private var input: String { folder.url.appending(path: "in.tar").path }
  private var output: String { folder.url.appending(path: "out.tar").path }

  init() throws {
    folder = try TemporaryFolder()
    let writer = try TarWriter(try OpenFile(growing: input))
    let long = String(repeating: "long", count: 30)
    for (name, text) in [
      ("000.cls", "7"), ("000.jpg", "zero"), ("a.b/001.jpg", "one"), ("a.b/001.txt", "my words"),
      ("a.b/001.json", "{}"), ("notes.md", "left out"), ("\(long).png", "two"),
      ("bad.png", "three"),
    ] {
      try writer.add(name, Array(text.utf8), modified: 1_000_000)
    }
    try writer.finish()
  }

  private func run(
    _ existing: SidecarPolicy.Existing = .skip, stopAt: String? = nil, mode: RowMode = .resume,
    from input: String? = nil, answer: String = "A cat.", settings: CaptionSettings = .tiny
  ) throws -> CaptionRun.Summary {
    let items = try PictureFinder().find([input ?? self.input]).items
    let store = try SampleArchive(
      output, fields: ["caption"], settings: settings, mode: mode,
      policy: SidecarPolicy(existing: existing))
    let run = CaptionRun(source: ItemList(items), prompts: [], settings: settings, store: store)
    let captioner = FakeCaptioner { picture in
      if picture.fileName == stopAt { return nil }
      return picture.fileName.hasSuffix("bad.png")
        ? .failed("damaged") : .caption(Caption(answer))
    }
    let summary = try run.run(by: captioner, isCancelled: { captioner.isStopped }) { _, _ in }
    try store.finish()
    return summary
  }

  private func members() throws -> [(name: String, text: String)] {
    let reader = try ArchiveReader(path: output)
    var members: [(name: String, text: String)] = []
    while let member = try reader.next() {
      members.append(
        (
          name: member.name ?? "",
          text: String(decoding: try reader.readToEnd(limit: 1 << 20), as: UTF8.self)
        ))
    }
    return members
  }

  @Test("each sample's files come again, in order, with its caption and its row")
  func samples() throws {
    #expect(try run() == .init(captioned: 3, failed: 1))
    let members = try members()
    let long = String(repeating: "long", count: 30)
    #expect(
      members.map(\.name) == [
        "000.cls", "000.jpg", "000.txt", "000.json", "a.b/001.jpg", "a.b/001.json", "a.b/001.txt",
        "a.b/001.caption.json", "\(long).png", "\(long).txt", "\(long).json", "bad.png", "bad.json",
      ])
    #expect(members[1].text == "zero" && members[2].text == "A cat.")
    #expect(members[6].text == "my words")
    #expect(members[3].text.hasPrefix(#"{"image":"in.tar!000.jpg","caption":"A cat.""#))
    #expect(members.last?.text.contains(#""error":"damaged""#) == true)
  }

  @Test("a text that a sample has can be joined to")
  func joined() throws {
    _ = try run(.append)
    #expect(try members().first { $0.name == "a.b/001.txt" }?.text == "my words. A cat.")
  }

  @Test("a run goes on behind the last whole sample, wherever it was cut")
  func resumes() throws {
    _ = try run()
    let whole = try Data(contentsOf: URL(filePath: output))
    for length in stride(from: 0, through: whole.count, by: 1300) {
      try whole.prefix(length).write(to: URL(filePath: output))
      _ = try run()
      #expect(try Data(contentsOf: URL(filePath: output)) == whole, "cut at \(length)")
    }
  }

  @Test("a finished archive needs no work, and an interrupted run goes on")
  func goesOn() throws {
    #expect(try run(stopAt: "001.jpg").wasCancelled)
    #expect(try run() == .init(captioned: 2, skipped: 1, failed: 1))
    #expect(try run() == .init(skipped: 4))
    #expect(try run(mode: .overwrite) == .init(captioned: 3, failed: 1))
  }

  @Test("made of an own archive, samples have the new caption alone, and a run goes on as ever")
  func again() throws {
    _ = try run()
    let names = try members().map(\.name)
    let first = folder.url.appending(path: "first.tar").path
    try FileManager.default.moveItem(atPath: output, toPath: first)
    let other = CaptionSettings(["model": "tiny", "prompt": "Which animal?"])
    func again(stopAt: String? = nil) throws -> CaptionRun.Summary {
      try run(stopAt: stopAt, from: first, answer: "A dog.", settings: other)
    }
    #expect(try again(stopAt: "001.jpg").wasCancelled)
    #expect(try again() == .init(captioned: 2, skipped: 1, failed: 1))
    #expect(try again() == .init(skipped: 4))
    let members = try members()
    #expect(members.map(\.name) == names)
    func text(_ name: String) -> String? { members.first { $0.name == name }?.text }
    #expect(text("000.txt") == "A dog." && text("a.b/001.txt") == "my words")
    let row = try #require(text("000.json"))
    #expect(row.hasPrefix(#"{"image":"first.tar!000.jpg","caption":"A dog.""#))
    #expect(text("a.b/001.json") == "{}")
  }

  @Test("tar's own readers pass over the comment in front")
  func comment() throws {
    _ = try run()
    let tar = Process()
    tar.executableURL = URL(filePath: "/usr/bin/env")
    tar.arguments = ["tar", "-tf", output]
    let pipe = Pipe()
    tar.standardOutput = pipe
    try tar.run()
    let list = try pipe.fileHandleForReading.readToEnd() ?? Data()
    let listed = String(decoding: list, as: UTF8.self)
    tar.waitUntilExit()
    #expect(tar.terminationStatus == 0)
    #expect(try listed.split(separator: "\n").map(String.init) == members().map(\.name))
  }

  @Test("an archive of somebody else is refused and left as it is")
  func foreign() throws {
    let bytes = try Data(contentsOf: URL(filePath: input))
    try bytes.write(to: URL(filePath: output))
    for mode in [RowMode.resume, .keep, .overwrite] {
      #expect(throws: CaptioningError.foreignArchive(file: output)) { try run(mode: mode) }
    }
    #expect(try Data(contentsOf: URL(filePath: output)) == bytes)
  }
}
