import Foundation
import TestSupport
import Testing

@testable import Tokenizers

@Suite("Byte-level tokenizer")
struct ByteLevelTests {
  @Test("merges go by rank, and added tokens are cut out first, the longest at each place")
  func encodes() throws {
    let tokenizer = try TokenizerFolder.byteLevel().load()
    func texts(_ text: String) -> [String] {
      tokenizer.encode(text).map { tokenizer.decode([$0], skippingSpecial: false) }
    }
    #expect(texts("hello world") == ["hello", " w", "o", "r", "l", "d"])
    #expect(texts("hell<end>of<end>o") == ["hell", "<end>of", "<end>", "o"])
    #expect(texts("") == [])
    #expect(tokenizer.id(of: "hello") == 259)
    #expect(tokenizer.id(of: "<end>") == 261)
    #expect(tokenizer.id(of: "") == nil)
    #expect(tokenizer.vocabularySize == 263)
  }

  @Test("only tokens listed by role are skipped")
  func skips() throws {
    let tokenizer = try TokenizerFolder.byteLevel().load()
    let ids = tokenizer.encode("a<end><end>of")
    #expect(tokenizer.decode(ids, skippingSpecial: true) == "a<end>of")
    #expect(tokenizer.decode(ids, skippingSpecial: false) == "a<end><end>of")
  }

  @Test("random text comes back in normalisation form C, whole and streamed")
  func roundTrip() throws {
    let tokenizer = try TokenizerFolder.byteLevel().load()
    var random = SplitMix64(seed: 11)
    for _ in 0..<300 {
      let text = String.random(using: &random)
      let ids = tokenizer.encode(text)
      // Equal as Swift compares strings: canonically.
      #expect(tokenizer.decode(ids, skippingSpecial: false) == text)
      var stream = tokenizer.makeStream(skippingSpecial: false)
      let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
      expectSame(streamed, tokenizer.decode(ids, skippingSpecial: false))
    }
  }

  @Test("random ids decode to the same text whole and streamed")
  func randomIDs() throws {
    let tokenizer = try TokenizerFolder.byteLevel().load()
    var random = SplitMix64(seed: 12)
    for _ in 0..<300 {
      let ids = (0..<20).map { _ in Int32.random(in: -2...265, using: &random) }
      var stream = tokenizer.makeStream(skippingSpecial: true)
      let streamed = ids.map { stream.append($0) }.joined() + stream.finish()
      expectSame(streamed, tokenizer.decode(ids, skippingSpecial: true))
    }
  }

  @Test(
    "long lines without spaces, of blanks and of marks take no time to speak of",
    .timeLimit(.minutes(1)),
    arguments: ["a", "hello", " ", "\n", "\u{301}\u{323}", "<en", "'"])
  func longLines(unit: String) throws {
    let tokenizer = try TokenizerFolder.byteLevel().load()
    let text = String(repeating: unit, count: 20_000)
    #expect(tokenizer.decode(tokenizer.encode(text), skippingSpecial: false) == text)
  }

  @Test("merging with a heap equals merging the best pair over and over")
  func merging() {
    var random = SplitMix64(seed: 13)
    var table = PairTable(minimumCapacity: 1)
    // Tokens 0 to 3 are bytes; each merge makes the next token of any two before it.
    var count: Int32 = 4
    for rank in 1...60 as ClosedRange<UInt32> {
      let pair = (
        Int32.random(in: 0..<count, using: &random), Int32.random(in: 0..<count, using: &random)
      )
      if table.insert(pair.0, pair.1, .init(rank: rank, token: count)) { count += 1 }
    }
    let byteTokens = (0..<256).map { Int32($0 & 3) }
    var merger = PairMerger(byteTokens: byteTokens, merges: table)
    for length in 0..<200 {
      let piece = (0..<length).map { _ in UInt8.random(in: 0...3, using: &random) }
      var merged: [Int32] = []
      merger.append(piece.span, to: &merged)
      var expected = piece.map { byteTokens[Int($0)] }
      while let (index, merge) = expected.indices.dropLast()
        .compactMap({ index in table[expected[index], expected[index + 1]].map { (index, $0) } })
        .min(by: { $0.1.rank < $1.1.rank })
      {
        expected.replaceSubrange(index...index + 1, with: [merge.token])
      }
      #expect(merged == expected)
    }
  }
}

extension String {
  /// Letters of many scripts, marks, jamo, blanks, emoji with joiners and unassigned scalars.
  static func random(using random: inout SplitMix64) -> String {
    let ranges: [ClosedRange<UInt32>] = [
      0x20...0x7E, 0x20...0x7E, 0x0...0x2FF, 0x300...0x36F, 0x600...0x6FF, 0x1100...0x11FF,
      0x2000...0x206F, 0x4E00...0x9FFF, 0xAC00...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
    ]
    let wholes = [
      "  ", "\n\n", "\r\n", " \t ", "'S", "'\u{17F}", "👩🏽‍🚀", "🏳️‍🌈", "🇩🇪", "<end>", "각", "hello",
    ]
    var text = ""
    for _ in 0..<Int.random(in: 0...30, using: &random) {
      guard let range = ranges.randomElement(using: &random), Bool.random(using: &random),
        let scalar = Unicode.Scalar(UInt32.random(in: range, using: &random))
      else {
        text += wholes.randomElement(using: &random) ?? ""
        continue
      }
      text.unicodeScalars.append(scalar)
    }
    return text
  }
}
