import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Text for the terminal")
struct TerminalTextTests {
  @Test(
    "terminal commands go, text stays",
    arguments: [
      ("plain\ttext\n猫 🐈 é", "plain\ttext\n猫 🐈 é"),
      ("\u{1B}[31mred\u{1B}[0m", "red"),
      ("\u{9B}1;31mred", "red"),
      ("a\u{1B}]0;title\u{07}b", "ab"),
      ("a\u{1B}]8;;http://x\u{1B}\\link\u{1B}]8;;\u{1B}\\b", "alinkb"),
      ("a\u{1B}P1$r\u{1B}\\b\u{90}x\u{9C}c", "abc"),
      ("a\u{1B}7b\u{1B}(0c\u{1B}#8d", "abcd"),
      ("a\rb\u{08}c\u{07}d\u{7F}e\u{00}f\u{85}g", "abcdefg"),
      ("open\u{1B}]0;never ended\nnext line", "open\nnext line"),
      ("a\u{1B}[12\nb", "a\nb"),
      ("a\u{1B}[31\u{1B}[0mb", "ab"),
      ("a\u{1B}猫", "a猫"),
      ("a\u{1B}[猫", "a猫"),
      ("end\u{1B}", "end"),
    ])
  func cleans(text: String, expected: String) {
    #expect(TerminalText.cleaned(text) == expected)
  }

  @Test("pieces give the same as the whole, wherever it is cut")
  func pieces() {
    let alphabet: [Unicode.Scalar] = [
      "\u{1B}", "[", "]", "0", ";", "m", "\\", "\u{07}", "\n", "\u{9B}", "\u{9D}", "a", "猫", " ",
    ]
    var random = SplitMix64(seed: 11)
    for _ in 0..<300 {
      var filter = TerminalText()
      var whole = "", pieces = ""
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        var piece = ""
        for _ in 0..<Int.random(in: 0...4, using: &random) {
          piece.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
        }
        whole += piece
        pieces += filter.clean(piece)
      }
      #expect(pieces == TerminalText.cleaned(whole))
      #expect(
        !pieces.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" })
    }
  }

  @Test("JSON escapes what a terminal would obey, and stays exact")
  func json() throws {
    let line = try JSONText.line(["\u{1B}[31m \u{9B}1m \u{7F} é"])
    #expect(line == "[\"\\u001b[31m \\u009b1m \\u007f é\"]\n")
  }

  @Test("tables align their columns and leave no spaces at line ends")
  func table() {
    var table = Table([("NAME", .left), ("SIZE", .right), ("X", .left)])
    table.append(["a", "1", ""])
    table.append(["bbbbb", "12345", "y"])
    #expect(
      table.text == """
        NAME    SIZE  X
        a          1
        bbbbb  12345  y

        """)
  }

  @Test("tables count the two places that a wide character takes")
  func wideTable() {
    var table = Table([("NAME", .left), ("SIZE", .right)])
    table.append(["猫猫猫", "1"])
    table.append(["bbbbb", "二"])
    #expect(
      table.text == """
        NAME    SIZE
        猫猫猫     1
        bbbbb     二

        """)
  }
}
