import TestSupport
import Testing

@testable import Tokenizers

@Suite("Splitting and assembling text")
struct TextSplittingTests {
  @Test(
    "text is cut where Qwen2's expression cuts it",
    arguments: [
      ("Hello, world!", "Hello|,| world|!"),
      ("I'm they'RE it'ſ 'so", "I|'m| they|'RE| it|'ſ| '|so"),
      ("1234 a1", "1|2|3|4| a|1"),
      ("a  b   c", "a| | b|  | c"),
      ("a\t\tb\u{A0}c", "a|\t|\tb|\u{A0}c"),
      ("x \n \n y", "x| \n \n| y"),
      ("end  ", "end|  "),
      ("!!\r\n\nx", "!!\r\n\n|x"),
      (" !? ?", " !?| ?"),
      ("\u{1C}\u{85}é\u{301}", "\u{1C}|\u{85}é|\u{301}"),
      ("你好，世界", "你好|，世界"),
      ("\n\n  x", "\n\n| | x"),
    ])
  func scanner(text: String, expected: String) {
    let scalars = Array(text.unicodeScalars)
    let scanner = PieceScanner(scalars)
    var pieces: [String] = []
    var start = 0
    while start < scalars.count {
      let end = scanner.pieceEnd(from: start)
      pieces.append(String(String.UnicodeScalarView(scalars[start..<end])))
      start = end
    }
    expectSame(pieces.joined(separator: "|"), expected)
  }

  private func splitter(
    _ texts: [String], _ change: (inout AddedToken) -> Void = { _ in }
  ) -> AddedTokenSplitter {
    AddedTokenSplitter(
      texts.enumerated().map { index, text in
        var token = AddedToken(text.utf8)
        change(&token)
        return (key: Int32(index + 1), value: token)
      })
  }

  @Test("added tokens are found leftmost and longest, also where they overlap")
  func added() {
    #expect(
      splitter(["<a", "<a>", "a>b", "é"]).split(Array("x<a>b<a<é".utf8)) == [
        .text(0..<1), .token(2), .text(4..<5), .token(1), .text(7..<8), .token(4),
      ])
    #expect(splitter(["a"]).split([]) == [])
    #expect(splitter([]).split([1, 2]) == [.text(0..<2)])
  }

  @Test("a token takes the white space that it strips, but not another token's")
  func strips() {
    let left = splitter(["<a>"]) { $0.stripsLeft = true }
    #expect(left.split(Array("x \u{3000}<a> ".utf8)) == [.text(0..<1), .token(1), .text(8..<9)])
    #expect(left.split(Array(" <a>".utf8)) == [.token(1)])
    let both = splitter(["<a>"]) { ($0.stripsLeft, $0.stripsRight) = (true, true) }
    #expect(both.split(Array("<a> \n<a>\tx".utf8)) == [.token(1), .token(1), .text(9..<10)])
  }

  @Test(
    "a token that must be a word is passed over inside of one", arguments: ["x", "é", "7", "_"])
  func singleWord(letter: String) {
    let splitter = splitter(["go"]) { $0.isSingleWord = true }
    for text in ["go\(letter)", "\(letter)go"] {
      let bytes = Array(text.utf8)
      #expect(splitter.split(bytes) == [.text(0..<bytes.count)])
    }
    #expect(
      splitter.split(Array("go-go!".utf8)) == [.token(1), .text(2..<3), .token(1), .text(5..<6)])
  }

  @Test("bytes in any portions become the text that the standard library makes of them")
  func assembler() {
    var random = SplitMix64(seed: 5)
    let lead: [UInt8] = [0xC1, 0xC3, 0xE0, 0xE4, 0xED, 0xEF, 0xF0, 0xF3, 0xF4, 0xF5, 0x41]
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...8, using: &random)).map { index in
        Bool.random(using: &random)
          ? UInt8.random(in: 0x80...0xBF, using: &random) : lead.randomElement(using: &random)!
      }
      var whole = UTF8Assembler(replacesEachByte: false)
      let text = bytes.map { whole.append([$0]) }.joined() + whole.finish()
      expectSame(text, String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test("broken characters become one U+FFFD for each part or for each byte, as soon as certain")
  func replacement() {
    var parts = UTF8Assembler(replacesEachByte: false)
    expectSame(parts.append([0xE4, 0xBD]), "")
    expectSame(parts.append([0x41, 0xFF]), "\u{FFFD}A\u{FFFD}")
    expectSame(parts.append([0xF0, 0x9F, 0x98]) + parts.finish() + parts.finish(), "\u{FFFD}")
    var bytes = UTF8Assembler(replacesEachByte: true)
    expectSame(bytes.append([0xE4, 0xBD, 0x41]), "\u{FFFD}\u{FFFD}A")
    expectSame(bytes.append([0xF0, 0x9F, 0x98]) + bytes.finish(), "\u{FFFD}\u{FFFD}\u{FFFD}")
  }

  @Test("normalisation composes Hangul, orders marks and copes with endless ones")
  func normalisation() {
    func normalized(_ text: String) -> String {
      String(String.UnicodeScalarView(NormalizedText.scalars(Array(text.utf8)[...])))
    }
    expectSame(normalized("\u{1100}\u{1161}\u{11A8}"), "\u{AC01}")
    expectSame(normalized("e\u{301} a\u{301}\u{323}"), "\u{E9} \u{1EA1}\u{301}")
    expectSame(normalized("\u{212B}"), "\u{C5}")
    let marks = String(repeating: "\u{301}", count: 5000)
    expectSame(normalized("x" + marks), "x" + marks)
  }
}
