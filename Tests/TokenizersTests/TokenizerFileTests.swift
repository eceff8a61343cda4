import Files
import Foundation
import JSON
import TestSupport
import Testing

@testable import Tokenizers

@Suite("Broken tokenizer files")
struct TokenizerFileTests {
  @Test(
    "a missing file is named", arguments: ["vocab.json", "merges.txt", "tokenizer_config.json"])
  func missing(name: String) throws {
    let folder = try TokenizerFolder.byteLevel()
    try FileManager.default.removeItem(at: folder.url.appending(path: name))
    #expect(throws: TokenizerError.missing(path: folder.url.appending(path: name).path)) {
      try folder.load()
    }
  }

  @Test("what Git leaves in place of a large file is called that")
  func pointer() throws {
    let folder = try TokenizerFolder.byteLevel()
    let file = folder.url.appending(path: "vocab.json")
    try Data("version https://git-lfs.github.com/spec/v1\noid sha256:00\n".utf8).write(to: file)
    #expect(throws: TokenizerError.pointer(path: file.path)) { try folder.load() }
  }

  @Test("files that only some checkpoints have may be absent")
  func optional() throws {
    let folder = try TokenizerFolder.byteLevel()
    try FileManager.default.removeItem(at: folder.url.appending(path: "added_tokens.json"))
    #expect(try folder.load().vocabularySize == 261)
  }

  @Test("a folder in a file's place is refused")
  func notAFile() throws {
    let folder = try TokenizerFolder.byteLevel()
    let url = folder.url.appending(path: "merges.txt")
    try FileManager.default.removeItem(at: url)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
    #expect(throws: TokenizerError.unreadable(FileError(.read, url.path, .isFolder))) {
      try folder.load()
    }
  }

  @Test("a file of absurd size is refused before it is read")
  func tooLarge() throws {
    let folder = try TokenizerFolder.byteLevel()
    let url = folder.url.appending(path: "vocab.json")
    let file = try FileHandle(forWritingTo: url)
    try file.truncate(atOffset: 1 << 40)
    try file.close()
    let expected = FileError(.read, url.path, .tooLarge(limitBytes: 1 << 26))
    #expect(throws: TokenizerError.unreadable(expected)) { try folder.load() }
  }

  @Test(
    "each defect of vocab.json is told",
    arguments: [
      ("", .json(JSONFault(offset: 0, problem: .end))),
      ("[]", unexpected("[", at: 0)),
      (#"{"a":1"#, .json(JSONFault(offset: 6, problem: .end))),
      (#"{"a":1,}"#, unexpected("}", at: 7)),
      (#"{"a":1} x"#, unexpected("x", at: 8)),
      (#"{"a"1}"#, unexpected("1", at: 4)),
      (#"{"a":"1"}"#, unexpected("\"", at: 5)),
      (#"{"a":1x}"#, unexpected("x", at: 6)),
      (#"{"a"#, .json(JSONFault(offset: 3, problem: .end))),
      ("{\"a\n\":1}", .json(JSONFault(offset: 3, problem: .badString))),
      (#"{"\q":1}"#, .json(JSONFault(offset: 4, problem: .badString))),
      (#"{"\u12":1}"#, .json(JSONFault(offset: 6, problem: .badString))),
      (#"{"\ud800":1}"#, .json(JSONFault(offset: 8, problem: .badString))),
      (#"{"a":-1}"#, .idOutOfRange(token: "a", id: "-1", limit: 1 << 20)),
      (#"{"a":1.5}"#, .idOutOfRange(token: "a", id: "1.5", limit: 1 << 20)),
      (#"{"a":1048576}"#, .idOutOfRange(token: "a", id: "1048576", limit: 1 << 20)),
      (#"{"a":1,"a":2}"#, .duplicateToken("a")),
      (#"{"a":1,"b":1}"#, .duplicateID(1)),
      (#"{"":1}"#, .tokenLength(id: 1, bytes: 0, limit: 1 << 16)),
      (#"{"a":1}"#, .missingByte(0)),
      ("{}", .missingByte(0)),
    ] as [(String, TokenizerDefect)])
  func vocabulary(text: String, defect: TokenizerDefect) throws {
    let folder = try TokenizerFolder.byteLevel()
    try folder.write(text, to: "vocab.json")
    expectDamaged("vocab.json", defect, in: folder)
  }

  @Test("a huge number is out of range, not an overflow")
  func hugeNumber() throws {
    let folder = try TokenizerFolder.byteLevel()
    try folder.write("{\"a\":" + String(repeating: "9", count: 500) + "}", to: "vocab.json")
    expectDamaged(
      "vocab.json",
      .idOutOfRange(token: "a", id: String(repeating: "9", count: 500), limit: 1 << 20), in: folder)
  }

  @Test("escapes of all kinds stand for their characters")
  func escapes() throws {
    var entries: [String: Int] = [:]
    let json = #" { "a\"\\\/\b\f\n\r\t" : 0 , "\u0120\u00E9\uD83D\ude00" : 7 } "#
    try forEachTokenID(in: Array(json.utf8).span) { (key, id) in entries[String(key)] = id }
    #expect(entries == ["a\"\\/\u{8}\u{C}\n\r\t": 0, "Ġé😀": 7])
  }

  @Test(
    "each defect of merges.txt is told",
    arguments: [
      ("#version: 0.2\nab\n", .notAMerge(line: 2)),
      ("a b c\n", .notAMerge(line: 1)),
      (" b\n", .notAMerge(line: 1)),
      ("h e\na \n", .notAMerge(line: 2)),
      ("h e\nzz e\n", .unknownPiece(line: 2, piece: "zz")),
      ("h h\n", .unknownPiece(line: 1, piece: "hh")),
      ("h e\r\nh e\r\n", .duplicateMerge(line: 2)),
    ] as [(String, TokenizerDefect)])
  func merges(text: String, defect: TokenizerDefect) throws {
    let folder = try TokenizerFolder.byteLevel()
    try folder.write(text, to: "merges.txt")
    expectDamaged("merges.txt", defect, in: folder)
  }

  @Test(
    "each defect of the added tokens is told",
    arguments: [
      (#"{"<a>": 300, "<a>": 301}"#, "{}", "added_tokens.json", .duplicateToken("<a>")),
      (
        #"{"<a>": 300, "<b>": 300}"#, "{}", "added_tokens.json",
        .conflictingToken(token: "<b>", id: 300)
      ),
      (
        #"{"": 300}"#, "{}", "added_tokens.json", .tokenLength(id: 300, bytes: 0, limit: 1 << 10)
      ),
      (#"{"hello": 300}"#, "{}", "vocab.json", .conflictingToken(token: "hello", id: 300)),
      (#"{"<a>": 5}"#, "{}", "vocab.json", .conflictingToken(token: "<a>", id: 5)),
      (
        #"{"<a>": 300}"#, #"{"added_tokens_decoder": {"301": {"content": "<a>"}}}"#,
        "tokenizer_config.json", .conflictingToken(token: "<a>", id: 301)
      ),
      (
        "{}", #"{"added_tokens_decoder": {"-7": {"content": "<a>"}}}"#, "tokenizer_config.json",
        .idOutOfRange(token: "<a>", id: "-7", limit: 1 << 20)
      ),
      (
        "{}", #"{"added_tokens_decoder": {"1": {}}}"#, "tokenizer_config.json",
        .missingKey("content", in: "added_tokens_decoder.1")
      ),
      (
        "{}", #"{"eos_token": 7}"#, "tokenizer_config.json",
        .wrongType("eos_token")
      ),
      ("{}", "{", "tokenizer_config.json", .notJSON),
      (
        "{}", "[]", "tokenizer_config.json",
        .wrongType("")
      ),
    ] as [(String, String, String, TokenizerDefect)])
  func added(tokens: String, config: String, file: String, defect: TokenizerDefect) throws {
    let folder = try TokenizerFolder.byteLevel()
    try folder.write(tokens, to: "added_tokens.json")
    try folder.write(config, to: "tokenizer_config.json")
    expectDamaged(file, defect, in: folder)
  }

  @Test("an added token that is not valid UTF-8 is refused")
  func invalidText() throws {
    let folder = try TokenizerFolder.byteLevel()
    try folder.write(
      Array(#"{"<"#.utf8) + [0xFF] + Array(#">": 300}"#.utf8), to: "added_tokens.json")
    #expect(throws: TokenizerError.self) { try folder.load() }
  }

  @Test("changed bytes in any file load or are refused, and never end the program")
  func mutations() throws {
    var random = SplitMix64(seed: 41)
    let names = ["vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json"]
    let folder = try TokenizerFolder.byteLevel()
    for round in 0..<200 {
      let name = names[round % names.count]
      let good = [UInt8](try Data(contentsOf: folder.url.appending(path: name)))
      var bytes = good
      if round % 5 == 0 { bytes.removeLast(Int.random(in: 0..<good.count, using: &random)) }
      for _ in 0..<3 where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      try folder.write(bytes, to: name)
      if let tokenizer = try? folder.load() {
        _ = tokenizer.decode(tokenizer.encode("hello <end>of\n"), skippingSpecial: true)
      }
      try folder.write(good, to: name)
    }
    #expect(throws: Never.self) { try folder.load() }
  }

  @Test("messages name the file, the problem and what to do, and cannot control a terminal")
  func messages() {
    #expect(
      TokenizerError.missing(path: "m/vocab.json").description
        == "the tokenizer file 'm/vocab.json' is missing; download the model again")
    #expect(
      TokenizerError.damaged(path: "v", .duplicateToken("\u{1B}[2J")).description
        == #"the tokenizer file 'v' is damaged: token '\u{1b}[2J' is listed twice; "#
        + "download the model again")
  }

  private func expectDamaged(
    _ name: String, _ defect: TokenizerDefect, in folder: TokenizerFolder,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let path = folder.url.appending(path: name).path
    #expect(throws: TokenizerError.damaged(path: path, defect), sourceLocation: sourceLocation) {
      try folder.load()
    }
  }
}

/// The defect of a byte that may not stand where it stands.
private func unexpected(_ character: Unicode.Scalar, at offset: Int) -> TokenizerDefect {
  .json(JSONFault(offset: offset, problem: .unexpected(byte: UInt8(ascii: character))))
}
