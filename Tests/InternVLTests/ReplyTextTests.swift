import Tokenizers
import TestSupport
import Testing

@testable import InternVL

@Suite("Text of replies")
struct ReplyTextTests {
  @Test("white space is what Python's str.isspace says of every character")
  func whiteSpace() {
    // [c for c in range(0x110000) if chr(c).isspace()], Python 3.11.
    let python: [ClosedRange<UInt32>] = [
      0x9...0xD, 0x1C...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A,
      0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F, 0x3000...0x3000,
    ]
    for value in 0...0x10FFFF as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let expected = python.contains { $0.contains(value) }
      if scalar.isPythonSpace != expected { Issue.record("U+\(String(value, radix: 16))") }
    }
  }

  @Test(
    "white space at the ends is removed, and stop texts with it",
    .enabled(if: SharedFixtures.present))
  func ends() throws {
    let tokenizer = try loadTokenizer(folder: SharedFixtures.url("models/qwen2-bf16"))
    func text(_ raw: String, stop: [String] = []) -> String {
      var reply = ReplyText(tokenizer, stop: stop)
      let shown = tokenizer.encode(raw).map { reply.append($0) }.joined() + reply.finish()
      #expect(shown == reply.text)
      return reply.text
    }
    #expect(text("\u{1F} \n one\r\n two \u{1F}\u{1C}") == "one\r\n two")
    #expect(text("one\n\u{1F}END two", stop: ["END"]) == "one")
    #expect(text(" \u{1F}") == "")
    #expect(text("\u{4F60}\u{597D}\u{4F60}", stop: ["\u{597D}"]) == "\u{4F60}")
  }
}
