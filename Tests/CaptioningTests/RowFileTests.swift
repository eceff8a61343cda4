import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Caption files")
struct CaptionFileTests {
  private let folder: TemporaryFolder
  private var file: URL { folder.url.appending(path: "captions.jsonl") }

  init() throws { folder = try TemporaryFolder() }

  private func row(_ name: String, text: String = "A cat.") throws -> CaptionRow {
    let image = try folder.write("pixels", to: name)
    return CaptionRow(
      key: CaptionKey(image: image, prompt: "What?", model: "tiny"),
      outcome: .caption(Caption(text: text, finishReason: "stop", tokens: 3, seconds: 0.5)))
  }

  @Test("rows come back as they were written")
  func roundTrip() throws {
    let good = try row("a.png", text: "Line\nbreak \u{1B}[31m 猫")
    let bad = CaptionRow(
      key: CaptionKey(image: URL(filePath: "/gone.png"), prompt: "What?", model: "tiny"),
      outcome: .failed("no such file"))
    do {
      let captions = try CaptionFile(file)
      try captions.append(good)
      try captions.append(bad)
    }
    #expect(try folder.read("captions.jsonl").split(separator: "\n").count == 2)
    #expect(try CaptionFile(file).rows == [good.key: good, bad.key: bad])
  }

  @Test("whatever a crash left of the last row is removed, and whole rows stay")
  func repair() throws {
    let first = try row("a.png")
    let second = try row("b.png")
    do {
      let captions = try CaptionFile(file)
      try captions.append(first)
      try captions.append(second)
    }
    let whole = try Data(contentsOf: file)
    let firstLength = try #require(whole.firstIndex(of: 0x0A)) + 1
    for length in stride(from: firstLength, through: whole.count, by: 9) + [whole.count - 1] {
      try whole.prefix(length).write(to: file)
      let captions = try CaptionFile(file)
      let isWhole = length >= whole.count - 1
      #expect(captions.rows.count == (isWhole ? 2 : 1))
      #expect(captions.repairedBytes == (isWhole ? 0 : length - firstLength))
      try captions.append(second)
      let rows = try folder.read("captions.jsonl").split(separator: "\n")
      #expect(rows.count == (isWhole ? 3 : 2))
    }
  }

  @Test("a file that is no caption file is refused and left as it is")
  func foreignFile() throws {
    for text in ["my notes\n", "my notes", "{\"a\": 1}\n", "\u{FF}\n{\"image\"", "[1]\n"] {
      try folder.write(text, to: "captions.jsonl")
      #expect(throws: CaptioningError.notCaptions(file: file.path, line: 1)) {
        try CaptionFile(file)
      }
      #expect(try folder.read("captions.jsonl") == text)
    }
  }

  @Test("two runs cannot write to one file")
  func locked() throws {
    let first = try CaptionFile(file)
    #expect(throws: CaptioningError.inUse(file: file.path)) { try CaptionFile(file) }
    try first.append(row("a.png"))
  }

  @Test(
    "a full disk is reported with the file's name",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullDisk() throws {
    let captions = try CaptionFile(URL(filePath: "/dev/full"))
    let row = try row("a.png")
    #expect(
      throws: CaptioningError.output(
        FileError(.write, "/dev/full", .system(code: ENOSPC)))
    ) { try captions.append(row) }
    #expect(captions.rows.isEmpty)
  }

  @Test("a file that got no rows is not left behind, unless it was there before")
  func noRows() throws {
    _ = try CaptionFile(file)
    #expect(!FileManager.default.fileExists(atPath: file.path))
    try folder.write("", to: "captions.jsonl")
    _ = try CaptionFile(file)
    #expect(FileManager.default.fileExists(atPath: file.path))
  }

  @Test("rows that earlier versions wrote are read")
  func earlierRow() throws {
    try folder.write(
      #"{"bytes":1,"caption":"A cat.","finish_reason":"stop","image":"/a.png","model":"tiny","#
        + #""modified":2,"prompt":"What?","seconds":0.5,"tokens":3}"# + "\n", to: "captions.jsonl")
    let row = try #require(CaptionFile(file).rows.values.first)
    #expect(row.text == "A cat." && row.key.system == nil)
  }

  @Test("a file that cannot be made is named")
  func unwritable() {
    #expect(
      throws: CaptioningError.unopened(
        FileError(.open, "/nowhere/captions.jsonl", .system(code: ENOENT)))
    ) { try CaptionFile(URL(filePath: "/nowhere/captions.jsonl")) }
  }
}
