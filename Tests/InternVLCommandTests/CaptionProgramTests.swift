import Foundation
import TestSupport
import Testing

/// `internvl caption` as scripts see it, with the demo model.
@Suite("Captions of the program")
struct CaptionProgramTests {
  private static let demo = SharedFixtures.projectRoot.appending(path: "demo")
  private let folder: TemporaryFolder
  private var output: URL { folder.url.appending(path: "out/captions.jsonl") }

  /// A folder of two pictures, of one tile and of several.
  init() throws {
    folder = try TemporaryFolder()
    for name in ["pictures", "out"] {
      try FileManager.default.createDirectory(
        at: folder.url.appending(path: name), withIntermediateDirectories: true)
    }
    try copy("three-shapes.png", to: "one-tile.png")
    try copy("wide.png", to: "tiles.png")
  }

  private func copy(_ picture: String, to name: String) throws {
    try FileManager.default.copyItem(
      at: Self.demo.appending(path: "pictures/\(picture)"),
      to: folder.url.appending(path: "pictures/\(name)"))
  }

  private func caption(
    _ arguments: String..., model: String = demo.appending(path: "model").path
  ) throws -> Program.Result {
    try Program.run(
      [
        "caption", folder.url.appending(path: "pictures").path, "--model-path", model, "-o",
        output.path,
      ] + arguments)
  }

  private var rows: [[String: Any]] {
    get throws {
      try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
    }
  }

  @Test("a prompt that fits with no picture ends the run, and not as a row for each")
  func hopelessPrompt() throws {
    let result = try caption("--context-length", "20")
    #expect(result.status == 1)
    #expect(result.errors.contains("but the context holds 20"))
    #expect(!FileManager.default.fileExists(atPath: output.path))
  }

  @Test("an answer that runs in circles is stopped")
  func loop() throws {
    let result = try caption("--repetition-penalty", "0.1", "--max-tokens", "2000")
    #expect(result.status == 0 && result.errors.contains("2 in circles"))
    for row in try rows {
      #expect(row["finish_reason"] as? String == "repetition")
      #expect(try #require(row["tokens"] as? Int) < 1000)
    }
  }

  @Test("with a schema, a row holds an object, also when it is read again")
  func schema() throws {
    let schema =
      #"{"type":"object","properties":{"a":{"type":"boolean"},"b":{"enum":[1,2]}},"required":["a","b"],"additionalProperties":false}"#
    #expect(try caption("--schema", schema).status == 0)
    for row in try rows {
      let object = try #require(row["caption"] as? [String: Any])
      #expect(Set(object.keys) == ["a", "b"])
      #expect((row["settings"] as? [String: String])?["schema"] == schema)
    }
    let before = try Data(contentsOf: output)
    #expect(try caption("--schema", schema).status == 0)
    #expect(try Data(contentsOf: output) == before)
    #expect(try caption("--schema", "a:bool").errors.contains("schema"))
  }

  @Test("a schema that cannot be used is refused before a model is loaded")
  func refusedSchema() throws {
    let result = try caption("--schema", #"{"not":{}}"#, model: "/nowhere")
    #expect(result.status == 1)
    #expect(result.errors == "internvl: 'not' at # is not supported\n")
  }

  @Test("where no picture is left, those that were skipped are told first")
  func onlyBadNames() throws {
    let pictures = folder.url.appending(path: "pictures").path
    for name in ["one-tile", "tiles"] {
      let bad = Array("\(pictures)/\(name)".utf8) + [0xFF] + Array(".png\0".utf8)
      try #require(rename("\(pictures)/\(name).png", bad.map { CChar(bitPattern: $0) }) == 0)
    }
    let result = try caption()
    #expect(result.status == 1)
    let lines = result.errors.split(separator: "\n")
    #expect(lines.count == 3, "\(result.errors)")
    let skipped = "one-tile\u{FFFD}.png', whose name is not UTF-8; rename it"
    #expect(lines.first?.hasSuffix(skipped) == true)
    #expect(lines.last == "internvl: there are no pictures")
  }

  @Test("a prompt that asks for two pictures is wrong usage")
  func twoPlaceholders() throws {
    let result = try caption("-p", "<image> <image>")
    #expect(result.status == 2)
    #expect(result.errors.contains("several <image>"))
  }

  @Test("a picture whose tiles do not fit gets a row, and the others captions")
  func tilesDoNotFit() throws {
    let result = try caption("--context-length", "70", "--max-tokens", "2")
    #expect(result.status == 3)
    #expect(result.errors.contains("1 captioned, 0 skipped, 1 failed;"), "\(result.errors)")
    #expect(try "\(rows.last?["error"] ?? "")".contains("but the context holds 70"))
  }

  @Test("a caption that was cut off is done again when more tokens are allowed")
  func cutOff() throws {
    _ = try caption("--max-tokens", "2")
    let again = try caption("--max-tokens", "2")
    #expect(again.errors.contains("0 captioned, 2 skipped, 0 failed"), "\(again.errors)")
    let longer = try caption()
    #expect(longer.errors.contains("2 captioned, 0 skipped, 0 failed"), "\(longer.errors)")
  }

  @Test("a caption that a full context cut off is done again when the context is longer")
  func fullContext() throws {
    try FileManager.default.removeItem(at: folder.url.appending(path: "pictures/tiles.png"))
    let short = try caption("--context-length", "60")
    #expect(try rows.last?["full_context"] as? Int == 60, "\(short.errors)")
    let again = try caption("--context-length", "60")
    #expect(again.errors.contains("0 captioned, 1 skipped, 0 failed"), "\(again.errors)")
    let longer = try caption()
    #expect(longer.errors.contains("1 captioned, 0 skipped, 0 failed"), "\(longer.errors)")
  }

  @Test("another system message is refused, unless old captions are kept or thrown away")
  func system() throws {
    _ = try caption("--max-tokens", "2")
    let refused = try caption("--max-tokens", "2", "--system", "Be brief.")
    #expect(refused.status == 1)
    #expect(refused.errors.contains("system was not used and is 'Be brief.'"), "\(refused.errors)")
    let kept = try caption("--max-tokens", "2", "--system", "Be brief.", "--keep")
    #expect(kept.errors.contains("0 captioned, 2 skipped, 0 failed"), "\(kept.errors)")
    let other = try caption("--max-tokens", "2", "--system", "Be brief.", "--overwrite")
    #expect(other.errors.contains("2 captioned, 0 skipped, 0 failed"), "\(other.errors)")
    #expect(try rows.count == 2)
  }

  @Test("several prompts fill several fields")
  func prompts() throws {
    let result = try caption("-p", "caption=What is it?", "-p", "tags=Which shapes in {name}?")
    #expect(result.status == 0, "\(result.errors)")
    let row = try #require(try rows.first)
    #expect((row["caption"] as? String)?.isEmpty == false)
    #expect((row["tags"] as? String)?.isEmpty == false)
  }

  @Test("a dry run says what would be done and writes nothing")
  func dryRun() throws {
    let result = try caption("--dry-run", "--max-tokens", "2")
    #expect(result.status == 0)
    #expect(result.errors.contains("2 pictures: 2 to caption, 0 done"), "\(result.errors)")
    #expect(result.errors.contains("by the first 2 pictures"), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: output.path))
  }

  @Test("a dry run says when it cannot tell the time")
  func dryRunOfBadPictures() throws {
    for name in ["one-tile.png", "tiles.png"] {
      try folder.write("no picture", to: "pictures/\(name)")
    }
    let result = try caption("--dry-run")
    #expect(result.status == 0)
    #expect(
      result.errors.contains("how long they take is not known: 2 pictures could not be captioned"),
      "\(result.errors)")
  }

  @Test("shards have outputs of their own, which are joined to one")
  func shards() throws {
    for shard in ["1/2", "2/2"] {
      #expect(try caption("--max-tokens", "2", "--shard", shard).status == 0)
    }
    let parts = try FileManager.default.contentsOfDirectory(
      atPath: folder.url.appending(path: "out").path
    ).sorted().map { folder.url.appending(path: "out/\($0)").path }
    let merged = try Program.run(
      ["caption", "merge"] + parts
        + ["--output", output.path, "--of", folder.url.appending(path: "pictures").path])
    #expect(try rows.map { $0["image"] as? String } == ["one-tile.png", "tiles.png"])
    #expect(merged.errors.contains("0 twice, 0 missing"), "\(merged.errors)")
  }

  @Test("shards put the texts of pictures of one stem into two files")
  func shardsOfTexts() throws {
    try copy("wide.png", to: "one-tile.jpeg")
    for shard in ["1/2", "2/2"] {
      let result = try caption(
        "--max-tokens", "2", "--sidecar", "--allow-cut", "--shard", shard)
      #expect(result.status == 0, "\(result.errors)")
    }
    let files = try FileManager.default.contentsOfDirectory(
      atPath: folder.url.appending(path: "pictures").path)
    #expect(
      files.filter { $0.hasSuffix(".txt") }.sorted()
        == ["one-tile.jpeg.txt", "one-tile.png.txt", "tiles.txt"])
  }

  @Test("a run that would write what it reads is wrong usage, and writes nothing")
  func overwritesInput() throws {
    let picture = folder.url.appending(path: "pictures/tiles.png")
    let before = try Data(contentsOf: picture)
    let result = try caption("--failures", picture.path)
    #expect(result.status == 2, "\(result.errors)")
    #expect(try Data(contentsOf: picture) == before)
    let archive = folder.url.appending(path: "captions.tar").path
    let tar = Process()
    tar.executableURL = URL(filePath: "/usr/bin/env")
    tar.arguments = ["tar", "-C", picture.deletingLastPathComponent().path, "-cf", archive, "."]
    try tar.run()
    tar.waitUntilExit()
    let packed = try Data(contentsOf: URL(filePath: archive))
    let model = Self.demo.appending(path: "model").path
    #expect(
      try Program.run(["caption", archive, "-o", archive, "--overwrite", "--model-path", model])
        .status == 2)
    #expect(try Data(contentsOf: URL(filePath: archive)) == packed)
    _ = try caption("--max-tokens", "2")
    let rows = try Data(contentsOf: output)
    #expect(try caption("--max-tokens", "2", "--failures", output.path).status == 2)
    #expect(try Data(contentsOf: output) == rows)
  }

  @Test("a worker answers lines with rows until its input ends")
  func worker() throws {
    let picture = folder.url.appending(path: "pictures/one-tile.png")
    let data = try Data(contentsOf: picture).base64EncodedString()
    let lines = """
      {"image": "\(picture.path)"}
      {"image": "from memory", "data": "\(data)"}
      nonsense

      """
    let result = try Program.run(
      [
        "caption", "--worker", "--model-path", Self.demo.appending(path: "model").path,
        "--max-tokens", "2",
      ],
      input: Data(lines.utf8))
    #expect(result.status == 3, "\(result.errors)")
    let rows = result.output.split(separator: "\n")
    #expect(rows.count == 3)
    #expect(rows[1].hasPrefix(#"{"image":"from memory","caption":"#))
    #expect(rows[2].contains(#""error":"line 3 of the input"#))
  }

  @Test(
    "a worker refuses what it would not heed",
    arguments: [
      ["--limit", "1"], ["--shard", "1/2"], ["--shards", "2"], ["--include", "*.png"],
      ["--exclude", "*.png"], ["--pages", "all"], ["--overwrite"], ["--keep"], ["a.png"],
    ])
  func refusedOfWorker(options: [String]) throws {
    let result = try Program.run(["caption", "--worker", "--model-path", "/nowhere"] + options)
    #expect(result.status == 2)
    #expect(result.errors.hasPrefix("internvl: --worker "), "\(result.errors)")
  }

  @Test(
    "options about text files are refused where none are written",
    arguments: [["--existing", "append"], ["--extension", "caption"], ["--allow-cut"]])
  func withoutTexts(options: [String]) throws {
    let picture = folder.url.appending(path: "pictures/tiles.png").path
    func status(_ others: String...) throws -> Int32 {
      try Program.run(["caption", picture, "--model-path", "/nowhere"] + options + others).status
    }
    #expect(try status() == 2)
    #expect(try status("--sidecar") == 1)
  }

  @Test("an ending of text files is of use to {existing} alone")
  func endingOfExisting() throws {
    #expect(
      try caption("--extension", "txt2", "-p", "{existing}?", "--max-tokens", "2").status == 0)
  }

  @Test("--quiet says nothing of a share without pictures")
  func quietShare() throws {
    #expect(try caption("--shard", "1/3").errors == "this share has no pictures\n")
    #expect(try caption("--shard", "1/3", "--quiet").errors.isEmpty)
  }

  @Test("--quiet says nothing, and failures have a list")
  func quiet() throws {
    let bad = try folder.write("no picture", to: "pictures/bad.png")
    let list = folder.url.appending(path: "out/failures.txt")
    let result = try caption("--max-tokens", "2", "--quiet", "--failures", list.path)
    #expect(result.status == 3)
    #expect(result.errors.isEmpty)
    #expect(try String(contentsOf: list, encoding: .utf8) == "\(bad.path)\n")
  }

  @Test("another checkpoint in a folder of the same name is other work, by whatever link")
  func models() throws {
    let other = folder.url.appending(path: "model")
    try FileManager.default.copyItem(at: Self.demo.appending(path: "model"), to: other)
    let link = folder.url.appending(path: "link")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: other)
    _ = try caption("--max-tokens", "2")
    #expect(try caption("--max-tokens", "2", model: other.path).status == 1)
    let copied = try caption("--max-tokens", "2", "--overwrite", model: other.path)
    #expect(copied.errors.contains("2 captioned, 0 skipped, 0 failed"), "\(copied.errors)")
    let linked = try caption("--max-tokens", "2", model: link.path)
    #expect(linked.errors.contains("0 captioned, 2 skipped, 0 failed"), "\(linked.errors)")
  }

  @Test("- writes the rows to standard output")
  func standardOutput() throws {
    let picture = folder.url.appending(path: "pictures/one-tile.png").path
    let result = try Program.run([
      "caption", picture, "--model-path", Self.demo.appending(path: "model").path, "-o", "-",
      "--max-tokens", "2",
    ])
    #expect(result.output.hasPrefix(#"{"image":"#), "\(result.errors)")
  }

  @Test("control characters in a file's name do not reach the terminal")
  func hostileName() throws {
    try folder.write("no picture", to: "pictures/esc\u{1B}[31m.png")
    let result = try caption("--max-tokens", "2")
    #expect(result.errors.contains("esc.png"), "\(result.errors)")
    #expect(!result.errors.contains("\u{1B}"))
  }
}
