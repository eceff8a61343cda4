import Foundation
import TestSupport
import Testing

@testable import Tokenizers

@Suite("SentencePiece tokenizer")
struct SentencePieceTests {
  @Test("each stretch between added tokens gets its space, and text comes back without it")
  func encodes() throws {
    let tokenizer = try TokenizerFolder.sentencePiece().load()
    let pieces = ["<s>", "\u{2581}ab", "c", "<img>", "\u{2581}a", "\u{2581}", "b"]
    let ids = tokenizer.encode("abc<img>a b")
    #expect(ids == pieces.compactMap { tokenizer.id(of: $0) })
    #expect(tokenizer.decode(ids, skippingSpecial: false) == "<s>abc<img>a b")
    #expect(tokenizer.decode(ids, skippingSpecial: true) == "abc a b")
    #expect(tokenizer.encode("") == [1])
  }

  @Test("characters without a piece go byte by byte and stream as a whole")
  func bytes() throws {
    let tokenizer = try TokenizerFolder.sentencePiece().load()
    var stream = tokenizer.makeStream(skippingSpecial: true)
    let chunks = tokenizer.encode("é!").map { stream.append($0) }
    #expect(chunks == ["", "", "", "é", "!"])
    #expect(stream.finish() == "")
    #expect(stream.append(3 + 0xE4) == "")
    #expect(stream.append(3 + 0x41) == "\u{FFFD}A")
    #expect(stream.append(3 + 0xFF) + stream.finish() == "\u{FFFD}")
  }

  @Test("random text of all scripts comes back as it was")
  func roundTrip() throws {
    let tokenizer = try TokenizerFolder.sentencePiece().load()
    var random = SplitMix64(seed: 21)
    for _ in 0..<300 {
      // One leading space goes with the one that encoding adds, as in the reference.
      let text = "x" + String.random(using: &random)
      // U+2581 is how SentencePiece writes a space; it does not come back.
      if text.unicodeScalars.contains("\u{2581}") { continue }
      expectSame(tokenizer.decode(tokenizer.encode(text), skippingSpecial: true), text)
    }
  }

  @Test("a long line takes no time to speak of", .timeLimit(.minutes(1)))
  func longLine() throws {
    let tokenizer = try TokenizerFolder.sentencePiece().load()
    let text = String(repeating: "abcé ", count: 20_000)
    #expect(tokenizer.decode(tokenizer.encode(text), skippingSpecial: true) == text)
  }

  @Test("a sound normalisation table is used")
  func characterMap() throws {
    // A trie that leads from "A" to the replacement at 0.
    var units = [UInt32](repeating: 0, count: 256)
    units[0] = 0x80 << 10
    units[0x80 ^ 0x41] = 0x41 | 1 << 8 | 0x10 << 10
    units[(0x80 ^ 0x41) ^ 0x10] = 1 << 31
    let tokenizer = try TokenizerFolder.sentencePiece(
      ModelWriter(characterMap: map(units, replacements: [0x61, 0]))
    ).load()
    #expect(tokenizer.encode("Ab") == tokenizer.encode("ab"))
  }

  @Test("normalisation tables that lead outside are refused")
  func brokenCharacterMaps() throws {
    let good = [UInt32](repeating: 0, count: 256)
    func expectRefused(
      _ map: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let folder = try TokenizerFolder.sentencePiece(ModelWriter(characterMap: map))
      let path = folder.url.appending(path: "tokenizer.model").path
      let expected = TokenizerError.damaged(
        path: path, .sentencePiece(.normalisationTable))
      #expect(throws: expected, sourceLocation: sourceLocation) { try folder.load() }
    }
    try expectRefused([1, 2, 3])
    try expectRefused(map(good, replacements: []))
    try expectRefused(map(good, replacements: [0x61]))
    try expectRefused(map([0, 0], replacements: [0]))
    try expectRefused(map([.max] + good.dropFirst(), replacements: [0]))
    try expectRefused(map(good.dropLast() + [0x1FFFFF << 10], replacements: [0]))
    try expectRefused(map([0x100] + good.dropFirst(), replacements: [0]).dropLast() + [1, 0])
    var leaf = good
    leaf[0] = 0x80 << 10
    leaf[1] = 1 | 1 << 8 | 2 << 10
    leaf[3] = 1 << 31 | 50
    try expectRefused(map(leaf, replacements: [0x61, 0]))
    let long = [UInt8](repeating: 0x61, count: 1000) + [0]
    try expectRefused(map(good, replacements: long))
    var oversized = map(good, replacements: [0])
    oversized[1] = 0xFF
    try expectRefused(oversized)
  }

  @Test("models that the library must not see are refused, each with its reason")
  func refusals() throws {
    func expectRefused(_ words: String, _ change: (inout ModelWriter) -> Void) throws {
      var model = ModelWriter()
      change(&model)
      let folder = try TokenizerFolder.sentencePiece(model)
      let error = #expect(throws: TokenizerError.self) { try folder.load() }
      #expect(error?.description.contains(words) == true, "\(String(describing: error))")
    }
    try expectRefused("not a BPE model") { $0.algorithm = 1 }
    try expectRefused("token 266 has 0 bytes") { $0.pieces.append(("", 1)) }
    try expectRefused("token 266 has") { $0.pieces.append(("a\0b", 1)) }
    try expectRefused("token 266 has 5000 bytes") {
      $0.pieces.append((String(repeating: "x", count: 5000), 1))
    }
    try expectRefused("is one character") { $0.pieces.append(("q", 3)) }
    try expectRefused("'<s>' is listed twice") { $0.pieces.append(("<s>", 4)) }
    try expectRefused("no unknown piece") { $0.pieces[0].kind = 3 }
    try expectRefused("SentencePiece says") { $0.pieces.append(("ab", 1)) }
    try expectRefused("SentencePiece says") { $0.pieces.removeAll { $0.text == "<0x41>" } }
    try expectRefused("changes text after decoding") { $0.trailer = ModelWriter.field(5, []) }
    try expectRefused("is malformed") { $0.trailer = [0x0B] }
    try expectRefused("is malformed") { $0.trailer = [0x0A, 0x7F] }
    try expectRefused("is malformed") { $0.trailer = [UInt8](repeating: 0xFF, count: 12) }
    try expectRefused("not valid UTF-8") { $0.trailer = [0x0A, 3, 0x0A, 1, 0xFF] }
    try expectRefused("not a BPE model") { $0 = ModelWriter(pieces: [], algorithm: 0) }
  }

  @Test("a text that should start with a token which is not defined is refused")
  func firstToken() throws {
    let folder = try TokenizerFolder.sentencePiece()
    try folder.write(#"{"bos_token": "<begin>"}"#, to: "tokenizer_config.json")
    #expect(throws: TokenizerError.self) { try folder.load() }
    try folder.write(#"{"add_bos_token": false}"#, to: "tokenizer_config.json")
    #expect(try folder.load().encode("") == [])
    try folder.write("{}", to: "tokenizer_config.json")
    #expect(try folder.load().encode("") == [1])
  }

  @Test("cut and changed models load or are refused, and never end the program")
  func mutations() throws {
    let model = ModelWriter(characterMap: map(.init(repeating: 0, count: 256), replacements: [0]))
    let good = model.bytes
    let folder = try TokenizerFolder.sentencePiece(model)
    var random = SplitMix64(seed: 31)
    var refused = 0
    for round in 0..<300 {
      var bytes = good
      if round % 3 == 0 {
        bytes.removeLast(Int.random(in: 0..<good.count, using: &random))
      }
      for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      try folder.write(bytes, to: "tokenizer.model")
      do {
        let tokenizer = try folder.load()
        _ = tokenizer.decode(tokenizer.encode("abc <img> é\n"), skippingSpecial: false)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 100)
  }

  /// A `precompiled_charsmap`.
  private func map(_ units: [UInt32], replacements: [UInt8]) -> [UInt8] {
    ([UInt32(units.count * 4)] + units).flatMap { unit in
      (0..<4).map { UInt8(truncatingIfNeeded: unit >> (8 * UInt32($0))) }
    } + replacements
  }

  @Test("InternLM2's tokenizer takes spaces away in front of punctuation, however pieces come")
  func cleanUp() {
    struct Pieces: StreamDecoder {
      let texts: [String]
      mutating func append(_ id: Int32) -> String { texts[Int(id)] }
      mutating func finish() -> String { "" }
    }
    for texts in [
      ["It", " is", " n't", " so", " .", " Is", " it", " ?"],
      ["It is n", "'t so ", ". Is it", " ?"],
    ] {
      var stream = CleanedStream(Pieces(texts: texts))
      let text = texts.indices.map { stream.append(Int32($0)) }.joined() + stream.finish()
      #expect(text == "It isn't so. Is it?")
    }
    var stream = CleanedStream(Pieces(texts: ["a ", "' b  c ", "d "]))
    #expect((0..<3).map { stream.append($0) }.joined() + stream.finish() == "a'b  c d ")
  }
}
