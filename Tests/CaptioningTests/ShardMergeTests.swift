import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Joining shards")
struct ShardMergeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.url.appending(path: name).path }

  /// Writes a shard of pictures that failed or, where they have a text, were captioned.
  private func write(_ name: String, _ texts: [(name: String, text: String?)]) throws {
    let file = try RowFile(
      path(name), format: RowFormat(file: name), fields: ["caption"], settings: .tiny)
    for (name, text) in texts {
      try file.append(
        CaptionRow(
          name: ExactText(name),
          outcome: text.map { .caption(Caption($0)) } ?? .failed("damaged"), settings: .tiny))
    }
  }

  private func merged(_ names: [String]) throws -> (merge: ShardMerge, rows: [String]) {
    var merge = ShardMerge()
    for name in names { try merge.add(path(name)) }
    var text = ""
    try merge.write { text += $0 }
    return (merge, text.split(separator: "\n").map(String.init))
  }

  @Test(
    "rows come in the order of names, and missing shards are told", arguments: ["jsonl", "csv"])
  func order(ending: String) throws {
    try write("r-1-of-3.\(ending)", [("10.png", "ten"), ("sub/a.png", nil)])
    try write("r-3-of-3.\(ending)", [("2.png", "two, \"2\"")])
    let (merge, rows) = try merged(["r-3-of-3.\(ending)", "r-1-of-3.\(ending)"])
    #expect(merge.missingShards == ["2 of 3"])
    #expect(merge.count == 3 && merge.failed == 1)
    let names = rows.suffix(3).map { row in
      ["2.png", "10.png", "sub/a.png"].first { row.contains($0) }
    }
    #expect(names == ["2.png", "10.png", "sub/a.png"])
  }

  @Test("pictures that are twice are told, and the first caption counts")
  func repeated() throws {
    try write("a.jsonl", [("1.png", nil), ("2.png", "first")])
    try write("b.jsonl", [("1.png", "second"), ("2.png", "other")])
    let (merge, rows) = try merged(["a.jsonl", "b.jsonl"])
    #expect(merge.repeated.map(\.string) == ["1.png", "2.png"])
    #expect(rows.count == 2 && rows[0].contains("second") && rows[1].contains("first"))
  }

  @Test("rows of other settings are told")
  func otherSettings() throws {
    try write("a.jsonl", [("1.png", "one")])
    let other = CaptionSettings(["model": "tiny", "prompt": "Who?"])
    try RowFile(path("b.jsonl"), format: .jsonl, fields: ["caption"], settings: other).append(
      CaptionRow(name: ExactText("2.png"), outcome: .caption(Caption("two")), settings: other))
    #expect(
      try merged(["a.jsonl", "b.jsonl"]).merge.differences
        == [SettingDifference(name: "prompt", old: "What?", new: "Who?")])
  }

  @Test("pictures without a row, and files that were cut, are told")
  func missing() throws {
    try write("a.jsonl", [("1.png", "one"), ("2.png", "two")])
    let bytes = try Data(contentsOf: URL(filePath: path("a.jsonl")))
    try bytes.dropLast(9).write(to: URL(filePath: path("a.jsonl")))
    let (merge, _) = try merged(["a.jsonl"])
    #expect(merge.unfinished == [path("a.jsonl")])
    let items = ["1.png", "2.png"].map { CaptionItem(name: $0, place: .file(path: $0)) }
    #expect(merge.missing(of: items).map(\.path) == ["2.png"])
  }

  @Test("the output has the format that its name tells", arguments: ["csv", "jsonl"])
  func outputFormat(ending: String) throws {
    try write("s-1-of-1.\(ending)", [("1.png", "one"), ("2.png", nil)])
    let merge = try merged(["s-1-of-1.\(ending)"]).merge
    for name in ["all.csv", "all.tsv", "all.jsonl"] {
      try merge.write(to: path(name))
      let rows = try RowFile(
        path(name), format: RowFormat(file: name), fields: ["caption"], settings: .tiny
      ).rows
      #expect(rows[ExactText("1.png")]?.caption == Caption("one"))
      #expect(rows[ExactText("2.png")]?.outcome == .failed("damaged"))
    }
    try merge.write(to: path("metadata.jsonl"))
    let lines = try folder.read("metadata.jsonl").split(separator: "\n")
    #expect(lines.count == 1 && lines[0].hasPrefix(#"{"file_name":"1.png","#))
  }

  @Test("shards of metadata.jsonl are joined")
  func metadata() throws {
    try write("metadata-1-of-2.jsonl", [("1.png", "one")])
    try write("metadata-2-of-2.jsonl", [("2.png", "two")])
    let (merge, rows) = try merged(["metadata-1-of-2.jsonl", "metadata-2-of-2.jsonl"])
    #expect(merge.missingShards.isEmpty)
    #expect(rows.count == 2 && rows[0].hasPrefix(#"{"file_name":"1.png","#))
  }

  @Test("a link at the output's place stays one")
  func link() throws {
    try write("a.jsonl", [("1.png", "one")])
    try folder.write("", to: "elsewhere/all.jsonl")
    try FileManager.default.createSymbolicLink(
      atPath: path("all.jsonl"), withDestinationPath: path("elsewhere/all.jsonl"))
    try merged(["a.jsonl"]).merge.write(to: path("all.jsonl"))
    #expect(FileSystem.kind(of: path("all.jsonl"), followingLinks: false) == .link)
    #expect(try folder.read("elsewhere/all.jsonl") == folder.read("a.jsonl"))
  }

  @Test("other files and other formats are refused")
  func refused() throws {
    try write("a.jsonl", [("1.png", "one")])
    try write("b.csv", [("2.png", "two")])
    try folder.write("notes\n", to: "notes.jsonl")
    #expect(throws: CaptioningError.otherColumns(file: path("b.csv"))) {
      try merged(["a.jsonl", "b.csv"])
    }
    #expect(throws: CaptioningError.notCaptions(file: path("notes.jsonl"), line: 1)) {
      try merged(["a.jsonl", "notes.jsonl"])
    }
    let (merge, _) = try merged(["a.jsonl"])
    #expect(throws: CaptioningError.notCaptions(file: path("notes.jsonl"), line: 1)) {
      try merge.write(to: path("notes.jsonl"))
    }
    #expect(try folder.read("notes.jsonl") == "notes\n")
  }
}
