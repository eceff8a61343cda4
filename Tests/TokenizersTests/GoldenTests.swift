import Foundation
import TestSupport
import Testing

@testable import Tokenizers

/// Everything that the fixtures say about tokenizers.
@Suite("Tokenizers against the reference", .enabled(if: SharedFixtures.present))
struct GoldenTests {
  struct Golden: Decodable {
    struct Case: Decodable {
      let text: String
      let ids: [Int32]
      let decoded: String?
      let decoded_skip_special: String
    }
    struct IDList: Decodable {
      let ids: [Int32]
      let decoded_skip_special: String
    }
    struct Stream: Decodable {
      let ids: [Int32]
      let chunks: [String]
      let flush: String?
    }
    let cases: [Case]
    let ids_only: [IDList]?
    let streaming: [Stream]
  }

  @Test(
    "every text has the recorded ids and decodes to the recorded text",
    arguments: ["qwen2", "sentencepiece"])
  func cases(name: String) throws {
    let (tokenizer, golden) = try load(name)
    for row in golden.cases {
      #expect(tokenizer.encode(row.text) == row.ids, "\(row.text.debugDescription)")
      if let decoded = row.decoded {
        expectSame(tokenizer.decode(row.ids, skippingSpecial: false), decoded)
      }
      expectSame(tokenizer.decode(row.ids, skippingSpecial: true), row.decoded_skip_special)
    }
    for row in golden.ids_only ?? [] {
      expectSame(tokenizer.decode(row.ids, skippingSpecial: true), row.decoded_skip_special)
    }
  }

  @Test(
    "streams show each character when the reference does", arguments: ["qwen2", "sentencepiece"])
  func streaming(name: String) throws {
    let (tokenizer, golden) = try load(name)
    for row in golden.streaming {
      var stream = tokenizer.makeStream(skippingSpecial: name == "sentencepiece")
      var chunks = row.ids.map { stream.append($0) }
      let rest = stream.finish()
      // Where the record has no flush of its own, its last chunk includes it.
      if let flush = row.flush { expectSame(rest, flush) } else { chunks[chunks.count - 1] += rest }
      for (chunk, expected) in zip(chunks, row.chunks) { expectSame(chunk, expected) }
      #expect(chunks.count == row.chunks.count)
    }
  }

  struct ModelCase: Decodable {
    struct Image: Decodable { let tokens: Int }
    let model: String
    let prompt: String
    let prompt_ids: [Int32]
    let images: [Image]
    let greedy_ids: [Int32]
    let text: String
    let text_raw: String
  }

  @Test("the prompts and answers of all model fixtures have the recorded ids and texts")
  func models() throws {
    var tokenizers: [String: any Tokenizer] = [:]
    let golden = SharedFixtures.url("golden")
    var count = 0
    for model in try FileManager.default.contentsOfDirectory(atPath: golden.path).sorted() {
      let folder = golden.appending(path: model)
      for file in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
      where file.hasSuffix(".json") {
        let data = try Data(contentsOf: folder.appending(path: file))
        let row = try JSONDecoder().decode(ModelCase.self, from: data)
        let tokenizer =
          try tokenizers[row.model]
          ?? loadTokenizer(folder: SharedFixtures.url(row.model))
        tokenizers[row.model] = tokenizer
        #expect(tokenizer.encode(row.filledPrompt) == row.prompt_ids, "\(model)/\(file)")
        let answer = tokenizer.decode(row.greedy_ids, skippingSpecial: true)
        expectSame(answer.trimmingCharacters(in: .whitespacesAndNewlines), row.text)
        expectSame(tokenizer.decode(row.greedy_ids, skippingSpecial: false), row.text_raw)
        count += 1
      }
    }
    #expect(count > 50)
  }

  @Test("ids are found by exact text, and the vocabulary reaches to the last added token")
  func names() throws {
    let qwen2 = try load("qwen2").tokenizer
    #expect(qwen2.id(of: "<|im_end|>") == 151645)
    #expect(qwen2.id(of: "<IMG_CONTEXT>") == 151667)
    #expect(qwen2.id(of: "Hello") == 9707)
    #expect(qwen2.id(of: "no such token") == nil)
    #expect(qwen2.vocabularySize == 151674)
    let sentencePiece = try load("sentencepiece").tokenizer
    #expect(sentencePiece.id(of: "<s>") == 1)
    #expect(sentencePiece.id(of: "no such token") == nil)
  }

  @Test("ids outside the vocabulary decode to nothing", arguments: ["qwen2", "sentencepiece"])
  func unknownIDs(name: String) throws {
    let tokenizer = try load(name).tokenizer
    let size = Int32(tokenizer.vocabularySize)
    #expect(tokenizer.decode([-1, .min, .max, size], skippingSpecial: false) == "")
  }

  @Test("the folder without tokenizer files and the broken vocabulary are refused")
  func badCheckpoints() {
    expectError("missing", in: "bad-checkpoints/no-tokenizer")
    expectError("vocab.json' is damaged", in: "bad-checkpoints/vocab-broken-json")
    #expect(throws: Never.self) {
      try loadTokenizer(folder: SharedFixtures.url("bad-checkpoints/control-good"))
    }
  }

  private func expectError(_ words: String, in folder: String) {
    let error = #expect(throws: TokenizerError.self) {
      try loadTokenizer(folder: SharedFixtures.url(folder))
    }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  private func load(_ name: String) throws -> (tokenizer: any Tokenizer, golden: Golden) {
    let data = try Data(contentsOf: SharedFixtures.url("tokenizer/golden_\(name).json"))
    return (
      try (name == "qwen2" ? RealTokenizers.qwen2 : RealTokenizers.sentencePiece).get(),
      try JSONDecoder().decode(Golden.self, from: data)
    )
  }
}

/// The fixtures' tokenizers, loaded once for all tests.
enum RealTokenizers {
  static let qwen2 = load("qwen2")
  static let sentencePiece = load("sentencepiece")

  private static func load(_ name: String) -> Result<any Tokenizer, any Error> {
    Result { try loadTokenizer(folder: SharedFixtures.url("tokenizer/\(name)")) }
  }
}

extension GoldenTests.ModelCase {
  /// The prompt with each `<image>` replaced, in order, by as many tokens as its image has.
  var filledPrompt: String {
    var filled = prompt
    for image in images {
      let context = String(repeating: "<IMG_CONTEXT>", count: image.tokens)
      if let place = filled.range(of: "<image>") {
        filled.replaceSubrange(place, with: "<img>\(context)</img>")
      }
    }
    return filled
  }
}

/// Expects equal scalars; Swift's `==` on strings would also accept canonically equivalent ones.
func expectSame(
  _ text: String, _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let same = text.unicodeScalars.elementsEqual(expected.unicodeScalars)
  #expect(
    same, "\(text.debugDescription) is not \(expected.debugDescription)",
    sourceLocation: sourceLocation)
}
