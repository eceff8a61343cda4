import Foundation
import TestSupport
import Testing

@testable import Tokenizers

@Suite("tokenizer.json")
struct TokenizerJSONTests {
  private static let expression =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "#
    + #"?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"#

  /// The tokenizer of `TokenizerFolder.byteLevel`, as a single file.
  private func folder(
    merges: String, preTokenizer: String? = nil, model: String = "BPE", added: String? = nil
  ) throws -> TokenizerFolder {
    let folder = try TokenizerFolder.byteLevel()
    let vocabulary = try String(
      contentsOf: folder.url.appending(path: "vocab.json"), encoding: .utf8)
    for name in ["vocab.json", "merges.txt", "added_tokens.json"] {
      try FileManager.default.removeItem(at: folder.url.appending(path: name))
    }
    let steps =
      preTokenizer ?? #"""
        {"type": "Sequence", "pretokenizers": [
          {"type": "Split", "pattern": {"Regex": "\#(Self.expression)"}, "behavior": "Isolated",
           "invert": false},
          {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}]}
        """#
    let tokens =
      added ?? #"""
        [{"id": 261, "content": "<end>", "special": true}, {"id": 262, "content": "<end>of"}]
        """#
    try folder.write(
      """
      {"version": "1.0", "added_tokens": \(tokens), "normalizer": {"type": "NFC"},
       "pre_tokenizer": \(steps), "post_processor": null, "decoder": {"type": "ByteLevel"},
       "model": {"type": "\(model)", "dropout": null, "vocab": \(vocabulary), "merges": \(merges)}}
      """, to: "tokenizer.json")
    return folder
  }

  private static let strings = #"["h e", "l l", "he ll", "hell o", "Ġ w"]"#
  private static let pairs = #"[["h","e"], ["l","l"], ["he","ll"], ["hell","o"], ["Ġ","w"]]"#

  @Test("alone means what vocab.json and merges.txt mean", arguments: [strings, pairs])
  func alone(merges: String) throws {
    let tokenizer = try folder(merges: merges).load()
    let slow = try TokenizerFolder.byteLevel().load()
    let text = "hello world<end> <end>of hé\u{301}llo"
    #expect(tokenizer.encode(text) == slow.encode(text))
    #expect(tokenizer.vocabularySize == slow.vocabularySize)
    #expect(tokenizer.id(of: "<end>of") == 262)
    #expect(tokenizer.decode([261, 262], skippingSpecial: true) == "<end>of")
  }

  @Test("steps that would split text in another way are refused by their names")
  func unsupported() throws {
    for (steps, model, expected) in [
      (#"{"type": "Whitespace"}"#, "BPE", "pre_tokenizer that is not supported: 'Whitespace'"),
      (nil, "WordPiece", "model that is not supported: 'WordPiece'"),
      (nil, "Unigram", "model that is not supported: 'Unigram'"),
    ] as [(String?, String, String)] {
      let folder = try folder(merges: Self.pairs, preTokenizer: steps, model: model)
      #expect {
        try folder.load()
      } throws: {
        "\($0)".contains(expected)
      }
    }
  }

  /// SentencePiece's pairs: three control pieces, the bytes, `▁`, `a`, `b`, `▁a` and `ab`.
  private func metaspace(_ steps: String) throws -> TokenizerFolder {
    let folder = try TokenizerFolder()
    let pieces =
      ["<unk>", "<s>", "</s>"] + (0..<256).map { String(format: "<0x%02X>", $0) }
      + ["\u{2581}", "a", "b", "\u{2581}a", "ab"]
    let ids = Dictionary(uniqueKeysWithValues: zip(pieces, 0...))
    let vocabulary = String(decoding: try JSONEncoder().encode(ids), as: UTF8.self)
    try folder.write(
      """
      {"added_tokens": [{"id": 264, "content": "<img>", "special": true}], \(steps),
       "post_processor": {"type": "TemplateProcessing", "single": [
         {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}},
       "decoder": {"type": "Sequence", "decoders": [{"type": "Replace"}, {"type": "ByteFallback"},
         {"type": "Fuse"}, {"type": "Strip"}]},
       "model": {"type": "BPE", "byte_fallback": true, "vocab": \(vocabulary),
         "merges": [["\u{2581}", "a"], ["a", "b"]]}}
      """, to: "tokenizer.json")
    try folder.write(#"{"backend": "tokenizers"}"#, to: "tokenizer_config.json")
    return folder
  }

  @Test(
    "SentencePiece's pairs put their mark where the file says",
    arguments: [
      ("first", [1, 262, 264, 263, 198, 188]), ("always", [1, 262, 264, 262, 261, 198, 188]),
      ("never", [1, 260, 264, 263, 198, 188]),
    ])
  func marks(scheme: String, ids: [Int32]) throws {
    let tokenizer = try metaspace(
      #"""
      "normalizer": null, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁",
        "prepend_scheme": "\#(scheme)", "split": false}
      """#
    ).load()
    #expect(tokenizer.encode("a<img>ab\u{F9}") == ids)
    let text = "a b \u{F9}"
    #expect(
      tokenizer.decode(Array(tokenizer.encode(text).dropFirst()), skippingSpecial: false) == text)
  }

  @Test("SentencePiece's pairs that are split at spaces first are refused")
  func splits() throws {
    let folder = try metaspace(
      #""normalizer": null, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁"}"#)
    #expect(throws: TokenizerError.self) { try folder.load() }
  }

  @Test(
    "damage is told",
    arguments: [
      "[[\"h\",\"x\"]]", "[\"he\"]", "[\"h e\",]", "[[\"h\",\"e\",\"l\"]]", "{}",
      "[\"h e\", \"h e\"]",
    ])
  func damaged(merges: String) throws {
    let folder = try folder(merges: merges)
    #expect(throws: TokenizerError.self) { try folder.load() }
  }

  @Test(
    "an added token's id must be one that a vocabulary can have", arguments: [3_000_000_000, -1])
  func idOutOfRange(id: Int) throws {
    let folder = try folder(merges: Self.pairs, added: #"[{"id": \#(id), "content": "<a>"}]"#)
    #expect(
      throws: TokenizerError.damaged(
        path: folder.url.appending(path: "tokenizer.json").path,
        .idOutOfRange(token: "<a>", id: "\(id)", limit: 1 << 20))
    ) { try folder.load() }
  }

  @Test("two added tokens cannot share an id")
  func conflict() throws {
    let tokens = #"[{"id": 261, "content": "<a>"}, {"id": 261, "content": "<b>"}]"#
    let folder = try folder(merges: Self.pairs, added: tokens)
    #expect(
      throws: TokenizerError.damaged(
        path: folder.url.appending(path: "tokenizer.json").path,
        .conflictingToken(token: "<b>", id: 261))
    ) { try folder.load() }
  }

  @Test("tokens that are canonically equal but of other bytes are two tokens")
  func bytes() throws {
    let tokens = #"[{"id": 261, "content": "<é>"}, {"id": 262, "content": "<e\u0301>"}]"#
    let tokenizer = try folder(merges: Self.pairs, added: tokens).load()
    #expect(tokenizer.id(of: "<\u{E9}>") == 261)
    #expect(tokenizer.id(of: "<e\u{301}>") == 262)
    #expect(tokenizer.encode("<e\u{301}><\u{E9}>") == [262, 261])
  }

  @Test("a token of normalised text is found in text that is not")
  func normalized() throws {
    let tokens = #"[{"id": 261, "content": "caf\u00e9", "normalized": true}]"#
    let tokenizer = try folder(merges: Self.pairs, added: tokens).load()
    #expect(tokenizer.encode("cafe\u{301}") == [261])
  }

  @Test("beside vocab.json it counts where version 5 of transformers wrote the folder")
  func version5() throws {
    let folder = try folder(merges: Self.strings)
    let slow = try TokenizerFolder.byteLevel(merges: [("h", "e")])
    for name in ["vocab.json", "merges.txt"] {
      try FileManager.default.copyItem(
        at: slow.url.appending(path: name), to: folder.url.appending(path: name))
    }
    #expect(try folder.load().encode("hello").count == 4)
    try folder.write(
      #"{"backend": "tokenizers", "eos_token": "<end>"}"#, to: "tokenizer_config.json")
    #expect(try folder.load().encode("hello").count == 1)
  }
}

@Suite("Tokenizers from the field", .enabled(if: SharedFixtures.present))
struct FieldTokenizerTests {
  /// A copy of a fixture's folder with the files of a case in it.
  private func folder(_ base: String, with name: String, without: [String] = []) throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "internvl-field-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: SharedFixtures.url(base), to: folder)
    for file in without {
      try? FileManager.default.removeItem(at: folder.appending(path: file))
    }
    let source = SharedFixtures.url("../field-cases/\(name)")
    for file in try FileManager.default.contentsOfDirectory(atPath: source.path)
    where file.hasSuffix(".json") {
      try? FileManager.default.removeItem(at: folder.appending(path: file))
      try FileManager.default.copyItem(
        at: source.appending(path: file), to: folder.appending(path: file))
    }
    return folder
  }

  /// The right values are transformers', slow and fast.
  @Test("added tokens take the white space that they strip, and stand as words where they must")
  func flags() throws {
    let folder = try folder("tokenizer/qwen2", with: "04-added-token-strip-flags")
    defer { try? FileManager.default.removeItem(at: folder) }
    let tokenizer = try loadTokenizer(folder: folder)
    let texts = [
      "a <lloc> b", "a <rloc> b", "a  [SEP]  b", "xzzwordy zzword y", "a <norm> b",
      "a\n<rloc>\n\nb",
    ]
    #expect(
      texts.map(tokenizer.encode) == [
        [64, 151674, 293], [64, 220, 151675, 65], [64, 151676, 65],
        [87, 10400, 1158, 88, 220, 151677, 379], [64, 220, 151678, 293], [64, 198, 151675, 65],
      ])
  }

  @Test("what version 5 of transformers saves is the tokenizer that it was")
  func version5() throws {
    let slow = [
      "vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json",
    ]
    let folder = try folder(
      "models/qwen2-bf16", with: "05-transformers5-tokenizer", without: slow)
    defer { try? FileManager.default.removeItem(at: folder) }
    let saved = try loadTokenizer(folder: folder)
    let base = try loadTokenizer(folder: SharedFixtures.url("models/qwen2-bf16"))
    for text in ["<|im_start|>user\nHello, 你好!<|im_end|>\n", "<img><IMG_CONTEXT></img> 12.5 €"] {
      #expect(saved.encode(text) == base.encode(text))
    }
    #expect(saved.vocabularySize == base.vocabularySize)
  }

  @Test("extra_special_tokens are left out of answers")
  func extraTokens() throws {
    let folder = try folder(
      "models/qwen2-bf16", with: "06-extra-special-tokens", without: ["special_tokens_map.json"])
    defer { try? FileManager.default.removeItem(at: folder) }
    let tokenizer = try loadTokenizer(folder: folder)
    let ids = tokenizer.encode("<|im_start|><|im_end|><|quad_start|>er")
    #expect(tokenizer.decode(ids, skippingSpecial: true) == "er")
  }
}
