import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Files of caption rows")
struct RowFileTests {
  private let folder: TemporaryFolder
  private var path: String { folder.url.appending(path: "rows").path }

  init() throws { folder = try TemporaryFolder() }

  private func open(_ format: RowFormat = .jsonl, path: String? = nil) throws -> RowFile {
    try RowFile(path ?? self.path, format: format, fields: ["caption", "tags"], settings: .tiny)
  }

  private func row(_ name: String, text: String = "A cat.") -> CaptionRow {
    CaptionRow(
      name: ExactText(name),
      outcome: .caption(
        Caption(
          answers: [
            .init(field: "caption", text: text), .init(field: "tags", text: "cat", ending: .length),
          ],
          tokens: 3, seconds: 0.5, maxTokens: 256)),
      identity: PictureIdentity(bytes: 7, modified: 9, sha256: "abc"), width: 3, height: 4,
      settings: .tiny)
  }

  @Test("rows come back as they were written", arguments: [RowFormat.jsonl, .csv, .tsv])
  func roundTrip(format: RowFormat) throws {
    let good = row("a,\"b\"\tc.png", text: "Line\nbreak, \"quoted\"\t\u{1B}[31m 猫\r\n")
    let bad = CaptionRow(
      name: ExactText("gone.png"), outcome: .failed("no, \"such\" file"), settings: .tiny)
    do {
      let rows = try open(format)
      try rows.append(good)
      try rows.append(bad)
    }
    #expect(try open(format).rows == [good.name: good, bad.name: bad])
  }

  @Test("metadata names files as Hugging Face does, and has no failures")
  func metadata() throws {
    let rows = try open(.metadata)
    try rows.append(row("sub/a.png"))
    try rows.append(
      CaptionRow(name: ExactText("b.png"), outcome: .failed("damaged"), settings: .tiny))
    let lines = try folder.read("rows").split(separator: "\n")
    #expect(lines.count == 1)
    #expect(lines[0].hasPrefix(#"{"file_name":"sub/a.png","caption":"A cat.","tags":"cat","#))
  }

  @Test("an answer in JSON stands in the row as an object")
  func object() throws {
    var row = row("a.png")
    row.outcome = .caption(
      Caption(
        answers: [.init(field: "caption", text: #"{"title":"Cat","count":2}"#, isJSON: true)],
        tokens: 3, seconds: 1))
    try open().append(row)
    #expect(try folder.read("rows").contains(#""caption":{"title":"Cat","count":2},"#))
    #expect(try open().rows[row.name]?.caption?.answers.first?.isJSON == true)
  }

  @Test(
    "whatever a crash left of the last row is removed, and whole rows stay",
    arguments: [RowFormat.jsonl, .csv])
  func repair(format: RowFormat) throws {
    let (first, second) = (row("a.png"), row("b.png", text: "Two\nlines"))
    do {
      let rows = try open(format)
      try rows.append(first)
      try rows.append(second)
    }
    let whole = try Data(contentsOf: URL(filePath: path))
    let front =
      format.header(fields: ["caption", "tags"]) + format.line(first, fields: ["caption", "tags"])
    for length in stride(from: front.utf8.count, to: whole.count - 1, by: 7) {
      try whole.prefix(length).write(to: URL(filePath: path))
      let rows = try open(format)
      #expect(rows.rows == [first.name: first])
      #expect(rows.repairedBytes == length - front.utf8.count)
      try rows.append(second)
      #expect(try Data(contentsOf: URL(filePath: path)) == whole)
    }
  }

  @Test(
    "a whole last row without its line end stays, and gets it",
    arguments: [RowFormat.jsonl, .csv, .metadata])
  func lacksLineEnd(format: RowFormat) throws {
    let (first, second) = (row("a.png"), row("b.png"))
    try open(format).append(first)
    let whole = try folder.read("rows")
    try folder.write(String(whole.dropLast()), to: "rows")
    let rows = try open(format)
    #expect(rows.rows == [first.name: first])
    #expect(rows.repairedBytes == 0)
    #expect(try folder.read("rows") == whole)
    try rows.append(second)
    #expect(
      try folder.read("rows") == whole + format.line(second, fields: ["caption", "tags"]))
  }

  @Test("answers to other questions stay when rows are replaced")
  func otherQuestions() throws {
    let (old, new) = (row("a.png"), row("b.png"))
    let failed = CaptionRow(
      name: ExactText("b.png"), outcome: .failed("damaged"), settings: .tiny)
    do {
      let rows = try open()
      try rows.append(old)
      try rows.append(failed)
    }
    var other = new
    other.outcome = .caption(
      Caption(answers: [.init(field: "title", text: "Cat")], tokens: 1, seconds: 1))
    let rows = try RowFile(
      path, format: .jsonl, fields: ["title"], settings: .tiny, mode: .keep)
    try rows.append(other)
    try rows.finish()
    #expect(try open().rows == [old.name: old, other.name: other])
  }

  @Test("a file that somebody else wrote to meanwhile is not rewritten")
  func foreignMeanwhile() throws {
    let rows = try open()
    try rows.append(row("a.png"))
    try rows.append(row("a.png", text: "A dog."))
    let text = try folder.read("rows") + "my notes\n"
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.seekToEnd()
    try file.write(contentsOf: Data("my notes\n".utf8))
    #expect(throws: CaptioningError.notCaptions(file: path, line: 3)) { try rows.finish() }
    #expect(try folder.read("rows") == text)
  }

  @Test("an answer that is null in JSON comes back")
  func null() throws {
    var row = row("a.png")
    row.outcome = .caption(
      Caption(
        answers: [.init(field: "caption", text: "null", isJSON: true)], tokens: 1, seconds: 1))
    try open().append(row)
    #expect(try open().rows == [row.name: row])
  }

  @Test(
    "a file that is no caption file is refused and left as it is",
    arguments: [RowFormat.jsonl, .csv], [RowMode.resume, .keep, .overwrite])
  func foreignFile(format: RowFormat, mode: RowMode) throws {
    for text in [
      "my notes\n", "my notes", "{\"a\": 1}\n", "\u{FF}\n{\"image\"", "[1]\n", "image,text\n",
      "{\"a\": 1}",
      "{\"image\":\"a.png\",\"text\":\"mine\"}", "{\"a",
    ] {
      try folder.write(text, to: "rows")
      #expect(throws: CaptioningError.notCaptions(file: path, line: 1)) {
        try RowFile(path, format: format, fields: ["caption"], settings: .tiny, mode: mode)
      }
      #expect(try folder.read("rows") == text)
    }
  }

  @Test("columns of other questions are refused")
  func otherColumns() throws {
    try open(.csv).append(row("a.png"))
    #expect(throws: CaptioningError.otherColumns(file: path)) {
      try RowFile(path, format: .csv, fields: ["caption"], settings: .tiny)
    }
  }

  @Test("two runs cannot write to one file")
  func locked() throws {
    let first = try open()
    #expect(throws: CaptioningError.inUse(file: path)) { try open() }
    try first.append(row("a.png"))
  }

  @Test(
    "a full disk is reported with the file's name",
    .enabled(if: FileSystem.kind(of: "/dev/full") != nil))
  func fullDisk() throws {
    let rows = try open(path: "/dev/full")
    #expect(
      throws: CaptioningError.output(FileError(.write, "/dev/full", .system(code: ENOSPC)))
    ) { try rows.append(row("a.png")) }
    #expect(rows.rows.isEmpty)
  }

  @Test("a file that got no rows is not left behind, unless it was there before")
  func noRows() throws {
    _ = try open()
    #expect(FileSystem.kind(of: path) == nil)
    try folder.write("", to: "rows")
    _ = try open()
    #expect(FileSystem.kind(of: path) == .file)
  }

  @Test("a file that cannot be made is named")
  func unwritable() {
    #expect(
      throws: CaptioningError.unopened(
        FileError(.open, "/nowhere/rows", .system(code: ENOENT)))
    ) { try open(path: "/nowhere/rows") }
  }

  @Test("a file's name tells its format")
  func formats() {
    #expect(RowFormat(file: "a/captions.CSV") == .csv)
    #expect(RowFormat(file: "captions.tsv") == .tsv)
    #expect(RowFormat(file: "a/metadata.jsonl") == .metadata)
    #expect(RowFormat(file: "my-metadata.jsonl") == .jsonl)
    #expect(RowFormat(file: "a/metadata-2-of-4.jsonl") == .metadata)
    #expect(RowFormat(file: "metadata-5-of-4.jsonl") == .jsonl)
    #expect(RowFormat(file: "my-metadata-2-of-4.jsonl") == .jsonl)
  }
}
