import Foundation
import TestSupport
import Testing

/// The program as scripts see it: output, messages and exit status.
///
/// The small model's answers
/// are nonsense, but the same nonsense as the reference's.
@Suite("The program", .enabled(if: SharedFixtures.present))
struct ProgramTests {
  private let model = SharedFixtures.url("models/qwen2-bf16").path
  private let picture = SharedFixtures.url("images/portrait-small.png").path

  private func launch(_ arguments: String..., input: String = "") throws -> Program.Result {
    try Program.run(
      ["launch", "--model-path", model, "--threads", "1"] + arguments, input: Data(input.utf8))
  }

  @Test("--json prints the reference's tokens, tiles and text in one object")
  func json() throws {
    struct Golden: Decodable {
      let prompt_ids: [Int], greedy_ids: [Int], text: String, finish_reason: String
    }
    struct Answer: Decodable {
      struct Tiles: Decodable { let columns: Int, rows: Int, count: Int }
      let prompt_token_ids: [Int], token_ids: [Int], text: String, finish_reason: String
      let tiles: [Tiles], usage: [String: Int], timings: [String: Double]
    }
    let golden = try JSONDecoder().decode(
      Golden.self,
      from: Data(contentsOf: SharedFixtures.url("golden/qwen2-bf16/img-single.json")))
    let result = try launch(
      "--image", picture, "--prompt", "What is in the image?", "--max-tokens", "32", "--json")
    #expect(result.status == 0)
    let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    #expect(answer.prompt_token_ids == golden.prompt_ids)
    #expect(answer.token_ids == golden.greedy_ids)
    #expect(answer.text == golden.text)
    #expect(answer.finish_reason == golden.finish_reason)
    #expect(answer.tiles.map(\.count) == [1])
    #expect(answer.usage["total_tokens"] == golden.prompt_ids.count + golden.greedy_ids.count)
    #expect(
      answer.timings.keys.sorted() == [
        "decode_seconds", "image_seconds", "load_seconds", "prefill_seconds",
        "time_to_first_token_seconds",
      ])
  }

  static let checkpoints: [String] = {
    let folder = SharedFixtures.url("models").path
    return (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
  }()

  @Test(
    "every checkpoint answers with the reference's tokens, which optimised builds once did not",
    arguments: checkpoints)
  func answers(checkpoint: String) throws {
    struct Golden: Decodable { let greedy_ids: [Int] }
    struct Answer: Decodable { let token_ids: [Int] }
    let golden = try JSONDecoder().decode(
      Golden.self,
      from: Data(contentsOf: SharedFixtures.url("golden/\(checkpoint)/img-single.json")))
    let result = try Program.run([
      "launch", "--model-path", SharedFixtures.url("models/\(checkpoint)").path, "--precision",
      "exact", "--image", picture, "--prompt", "What is in the image?", "--max-tokens", "32",
      "--json",
    ])
    let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    #expect(answer.token_ids == golden.greedy_ids)
  }

  @Test("a model that cannot run here is refused before anything is downloaded")
  func tooLarge() throws {
    let nowhere = "http://127.0.0.1:1"
    let result = try Program.run(
      ["launch", "78b", "-f", "pytorch", "--context-length", "1048576", "-p", "hello"],
      environment: [
        "HOME": "/nonexistent", "HF_HOME": "", "HF_ENDPOINT": nowhere,
        "MODELSCOPE_ENDPOINT": nowhere, "MODELSCOPE_CACHE": "",
      ])
    #expect(result.status != 0)
    #expect(result.errors.contains("InternVL3-78B needs "), "\(result.errors)")
    #expect(result.errors.contains("--force"), "\(result.errors)")
  }

  /// What the folder of `model` is taken for.
  private static let taken =
    "internvl: qwen2-bf16 has OpenGVLab's layout; template internvl2_5 with its system message, "
    + "pictures of up to 12 tiles\n"

  @Test("--prompt, - and a pipe ask the same, and a conversation file too")
  func waysToAsk() throws {
    let expected = try launch("-p", "hello", "--max-tokens", "8")
    #expect(expected.status == 0)
    #expect(expected.output.hasSuffix("\n"))
    #expect(
      expected.errors == Self.taken
        + "internvl: the answer is cut after 8 tokens; raise --max-tokens for more\n"
    )
    #expect(try launch("-p", "-", "--max-tokens", "8", input: "hello\n").output == expected.output)
    #expect(try launch("--max-tokens", "8", input: "hello").output == expected.output)
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(#"[{"role": "user", "content": "hello"}]"#.utf8).write(to: file)
    let fromFile = try launch("--messages", file.path, "--max-tokens", "8")
    #expect(fromFile.output == expected.output)
  }

  @Test("the same seed draws the same text, another one another")
  func seeds() throws {
    let arguments = ["launch", "--model-path", model, "-p", "hi", "--max-tokens", "16"]
    let drawn = try [7, 7, 8].map {
      try Program.run(arguments + ["--temperature", "1", "--seed", "\($0)"]).output
    }
    #expect(drawn[0] == drawn[1])
    #expect(drawn[0] != drawn[2])
  }

  @Test("a batch exits with 3 where a row failed, and with 0 where none is left")
  func batch() throws {
    let folder = try TemporaryFolder()
    let rows = folder.url.appending(path: "rows.jsonl")
    try Data(
      """
      {"custom_id": "a", "url": "/v1/completions", "body": {"prompt": "A", "max_tokens": 1}}
      {"custom_id": "b", "url": "/v1/completions", "body": {}}
      """.utf8
    ).write(to: rows)
    let results = folder.url.appending(path: "results.jsonl").path
    for (status, said) in [
      (Int32(3), "1 answered, 0 skipped, 1 failed"), (0, "0 answered, 2 skipped, 0 failed"),
    ] {
      let result = try Program.run(
        ["batch", rows.path, "--output", results, "--model-path", model])
      #expect(result.status == status)
      #expect(result.errors.contains(said))
    }
  }

  @Test("wrong usage exits with 2, failure with 1, and both say why")
  func failures() throws {
    let cases: [([String], Int32, String)] = [
      (["launch", "--bogus"], 2, "unknown option '--bogus'"),
      (["launch", "-s", "3", "-p", "x"], 2, "InternVL3 has no size 3"),
      (["launch", "8b-awq", "-f", "pytorch", "-p", "x"], 2, "name different models"),
      (["launch", "-p", "x", "--temperature=-1"], 2, "--temperature is -1.0"),
      (["launch", "-p", "x", "--top-p", "nan"], 2, "--top-p is nan"),
      (["launch", "-p", "x", "--messages", "y"], 2, "--messages holds the whole conversation"),
      (["launch", "-s", "8", "-p", "x"], 1, "the network is off"),
      (["launch", "-s", "8", "-p", "x", "-i", "/no.png"], 1, "cannot read '/no.png'"),
      (["launch", "-s", "8", "-p", " "], 2, "the prompt is empty"),
      (["bench", "--model-path", model, "--threads", "0"], 2, "--threads is 0"),
      (["bench", "--model-path", "/nowhere"], 1, "'/nowhere': there is no such folder"),
      (["launch", "--model-path", "/nowhere", "-p", "x"], 1, "there is no such folder"),
      (["launch", "--model-path", model, "-p", " "], 2, "the prompt is empty"),
      (["launch", "--model-path", model, "-p", "x", "-i", "/no.png"], 1, "/no.png"),
      (["launch", "--model-path", model, "-p", "x", "-i", #filePath], 1, "is not a picture"),
      (["launch", "--model-path", model, "-p", "<IMG_CONTEXT>"], 1, "reserved token"),
      (
        ["launch", "--model-path", model, "-p", "x", "--context-length", "9"], 1,
        "--context-length"
      ),
      (["launch", "-s", "8", "-f", "AWQ", "-p", "x"], 1, "the network is off"),
      (["list", "--registry", "/no.json"], 1, "cannot read the registry '/no.json'"),
      (["inspect", "checkpoint", "/nowhere"], 1, "there is no such folder"),
      (["inspect", "image", #filePath], 1, "is not a picture"),
      (["caption", "/nowhere", "-o", ""], 2, "the output file has no name"),
      (["caption", "/nowhere"], 1, "there is no file or folder '/nowhere'"),
      (["caption"], 2, "there is nothing to caption"),
      (["caption", "/nowhere", "-p", "Is {it}?"], 2, "the unknown variable {it}"),
      (
        ["caption", "/nowhere", "-p", "tags=a", "-p", "tags=b"], 2, "several prompts have an answer"
      ),
      (["caption", "/nowhere", "--shards", "4"], 2, "says which share this is"),
      (["caption", "/nowhere", "--shard", "5/4"], 2, "--shard"),
      (["caption", "merge", "/nowhere.jsonl"], 1, "cannot open '/nowhere.jsonl'"),
    ]
    for (arguments, status, sentence) in cases {
      let result = try Program.run(arguments)
      #expect(result.status == status, "\(arguments)")
      #expect(result.errors.contains("internvl: "), "\(arguments)")
      #expect(result.errors.contains(sentence), "\(result.errors)")
      #expect(result.output.isEmpty, "\(arguments)")
    }
  }

  @Test("text that is not UTF-8 is refused with the place")
  func notUTF8() throws {
    let result = try Program.run(
      ["launch", "--model-path", model], input: Data([0x61, 0x62, 0xFF]))
    #expect(result.status == 1)
    #expect(result.errors.contains("standard input is not UTF-8 text (byte 2)"))
  }

  @Test(
    "an argument that is not UTF-8 is wrong usage, not a missing file or another prompt",
    arguments: [["launch", "-p"], ["launch", "-p", "x", "-i"], ["caption"], []])
  func argumentNotUTF8(arguments: [String]) throws {
    // Foundation starts programs with UTF-8 only.
    let result = try Program.run(
      ["-c", #"exec "$@" "$(printf 'f\377.png')""#, "sh", Program.executable.path] + arguments,
      program: URL(filePath: "/bin/sh"))
    #expect(result.status == 2)
    let sentence = "internvl: the argument 'f\u{FFFD}.png' is not UTF-8; if it is a file's name, "
    #expect(result.errors.hasPrefix(sentence), "\(result.errors)")
  }

  @Test("where files may not be large enough for packed weights, they are kept in memory")
  func limitedFiles() throws {
    let home = try TemporaryFolder()
    let command = [
      Program.executable.path, "launch", "--model-path",
      SharedFixtures.url("models/qwen2-awq").path,
      "-p", "x", "--max-tokens", "2",
    ]
    let result = try Program.run(
      ["-c", "ulimit -f 8; exec \"$@\"", "sh"] + command,
      environment: ["XDG_CACHE_HOME": home.url.path], program: URL(filePath: "/bin/sh"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("packed weights are kept in memory only: "), "\(result.errors)")
    #expect(result.errors.contains("File too large"), "\(result.errors)")
  }

  @Test("a reader that goes away ends the program quietly")
  func closedPipe() throws {
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let result = try Program.run(
      ["launch", "--model-path", model, "-p", "x"], output: pipe.fileHandleForWriting)
    #expect(result.status == 1)
    #expect(result.errors == Self.taken)
  }

  @Test(
    "a full disk under standard output is reported",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
  func fullDisk() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let result = try Program.run(
      ["launch", "--model-path", model, "-p", "x", "--max-tokens", "4"], output: full)
    #expect(result.status == 1)
    #expect(result.errors.contains("cannot write to standard output: No space left on device"))
  }

  @Test("Ctrl-C ends an answer, keeps what was said, and exits with 130")
  func interrupted() throws {
    let result = try Program.run(
      ["launch", "--model-path", model, "-p", "tell", "--max-tokens", "8000", "--seed", "1"],
      isInterrupted: true)
    #expect(result.status == 130)
    #expect(!result.output.isEmpty)
  }

  @Test("captions are kept from run to run")
  func captions() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "captions-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: URL(filePath: picture), to: folder.appending(path: "a.png"))
    try Data("no picture".utf8).write(to: folder.appending(path: "b.png"))
    let output = folder.appending(path: "captions.jsonl")
    let arguments = [
      "caption", folder.path, "--model-path", model, "--max-tokens", "4", "-o", output.path,
    ]
    let first = try Program.run(arguments)
    #expect(first.status == 3)
    #expect(first.output.isEmpty)
    #expect(first.errors.contains("1 captioned, 0 skipped, 1 failed"))
    let rows = try String(contentsOf: output, encoding: .utf8)
    #expect(rows.split(separator: "\n").count == 2)
    #expect(try Program.run(arguments).errors.contains("0 captioned, 1 skipped, 1 failed"))
    #expect(try String(contentsOf: output, encoding: .utf8) == rows)
  }

  @Test("tokens go both ways with tokenizer files alone")
  func tokens() throws {
    let tokenizer = SharedFixtures.url("tokenizer/qwen2").path
    let texts = #"["A cat. 猫","<|im_start|>user\n"]"#
    let ids = try Program.run(
      ["inspect", "tokens", "--model-path", tokenizer, "--json"], input: Data(texts.utf8))
    let back = try Program.run(
      ["inspect", "tokens", "--model-path", tokenizer, "--decode", "--json"],
      input: Data(ids.output.utf8))
    #expect(back.output == texts + "\n")
  }

  @Test("the demo describes its picture")
  func demo() throws {
    struct Entry: Decodable { let images: [String], answer: String }
    let file = SharedFixtures.projectRoot.appending(path: "demo/pictures/answers.json")
    let entries = try JSONDecoder().decode([Entry].self, from: Data(contentsOf: file))
    let expected = try #require(entries.first { $0.images == ["three-shapes.png"] })
    let result = try Program.run(["demo"])
    #expect(result.status == 0)
    #expect(result.output == expected.answer + "\n")
  }

  @Test("frames of a video get one tile each and a line of their own")
  func frames() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "frames-\(UUID())")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in ["1.jpg", "2.jpg"] {
      try FileManager.default.copyItem(
        at: SharedFixtures.url("images/coffee-4x3.jpg"), to: folder.appending(path: name))
    }
    let result = try launch(
      "--frames", folder.path, "-p", "What happens?", "--max-tokens", "2", "--json")
    #expect(result.output.contains(#""tiles":[{"columns":1,"count":1,"rows":1},{"#))
  }

  @Test("pictures that cannot fit are refused before they are decoded")
  func tooManyPictures() throws {
    let folder = try TemporaryFolder()
    let header = try Data(contentsOf: URL(filePath: picture)).prefix(200)
    for name in ["1.png", "2.png"] { try folder.write(Array(header), to: name) }
    let result = try launch(
      "--frames", folder.url.path, "-p", "What happens?", "--context-length", "2")
    #expect(result.errors.contains("2 pictures take at least "), "\(result.errors)")
  }

  @Test("a pipe with commands is a conversation, answer by answer")
  func script() throws {
    let script = "/image \(picture)\nWhat is it?\n\n/set max-tokens 2\nWhy?\n"
    let result = try launch("--max-tokens", "4", input: script)
    #expect(result.status == 0, "\(result.errors)")
    let first = try launch("-i", picture, "-p", "What is it?", "--max-tokens", "4").output
    #expect(result.output.hasPrefix(first))
    #expect(result.output.count > first.count)
    let failing = try launch("--max-tokens", "2", input: "/image missing.png\nWhat is it?")
    #expect(failing.status == 1)
    #expect(failing.errors.contains("internvl: 1 line could not be carried out"))
    #expect(!failing.output.isEmpty)
  }

  @Test("a text from a pipe stands in front of the question")
  func pipedText() throws {
    let piped = try launch("-p", "hello", "--max-tokens", "8", input: "a text\n")
    let once = try Program.run([
      "launch", "--model-path", model, "--threads", "1", "-p", "a text\n\nhello", "--max-tokens",
      "8",
    ])
    #expect(piped.output == once.output)
    #expect(piped.output != (try launch("-p", "hello", "--max-tokens", "8")).output)
  }

  @Test("packed weights and the home folder follow $HOME")
  func home() throws {
    let home = try TemporaryFolder()
    let result = try Program.run(
      ["launch", "--model-path", SharedFixtures.url("models/qwen2-awq").path, "-p", "x"],
      environment: ["HOME": home.url.path, "XDG_CACHE_HOME": ""])
    #expect(result.status == 0, "\(result.errors)")
    let packed = home.url.appending(path: ".cache/internvl/packed").path
    #expect(try !FileManager.default.contentsOfDirectory(atPath: packed).isEmpty)
  }

  @Test("a picture can come from a pipe", arguments: ["/dev/stdin", "-"])
  func pipedPicture(name: String) throws {
    let result = try Program.run(
      ["launch", "--model-path", model, "-i", name, "-p", "x", "--max-tokens", "2"],
      input: Data(contentsOf: URL(filePath: picture)))
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test("pictures and checkpoints can be looked into")
  func inspect() throws {
    let image = try Program.run(
      ["inspect", "image", SharedFixtures.url("images/coffee-4x3.jpg").path, "--json"])
    #expect(image.output.contains(#""columns":4,"count":13,"#))
    let checkpoint = try Program.run(["inspect", "checkpoint", model, "--json"])
    #expect(checkpoint.output.contains(#""total_bytes":"#))
    #expect(try Program.run(["inspect", "checkpoint", model]).output.contains("Qwen2ForCausalLM"))
  }
}
