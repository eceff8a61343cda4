import TestSupport
import Testing

@testable import InternVL

@Suite("Stop texts")
struct StopTextsTests {
  /// What is shown of a text that arrives in pieces, and whether a stop text came.
  private func cut(_ pieces: [String], _ stops: [String]) -> (shown: String, found: Bool) {
    var texts = StopTexts(stops)
    let shown = pieces.map { texts.append($0) }.joined()
    return (shown + texts.finish(), texts.isFound)
  }

  /// The definition: the stop text that ends first, the longest of those.
  private func expected(_ text: String, _ stops: [String]) -> (shown: String, found: Bool) {
    let scalars = Array(text.unicodeScalars)
    for end in 0...scalars.count {
      let lengths = stops.map { Array($0.unicodeScalars) }
        .filter { !$0.isEmpty && scalars[..<end].suffix($0.count).elementsEqual($0) }
        .map(\.count)
      guard let length = lengths.max() else { continue }
      var shown = String.UnicodeScalarView()
      shown.append(contentsOf: scalars[..<(end - length)])
      return (String(shown), true)
    }
    return (text, false)
  }

  @Test("the text is cut at the same place however it is split")
  func randomSplits() {
    var random = SplitMix64(seed: 71)
    let alphabet: [Unicode.Scalar] = ["a", "b", "\u{E9}", "\u{4F60}", "\r", "\n", "\u{301}"]
    func text(_ length: Int) -> String {
      var scalars = String.UnicodeScalarView()
      for _ in 0..<length { scalars.append(alphabet.randomElement(using: &random) ?? "a") }
      return String(scalars)
    }
    for _ in 0..<3000 {
      let stops = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        text(Int.random(in: 1...4, using: &random))
      }
      let whole = text(Int.random(in: 0...20, using: &random))
      var pieces = [""]
      for scalar in whole.unicodeScalars {
        if Bool.random(using: &random) { pieces.append("") }
        pieces[pieces.count - 1].unicodeScalars.append(scalar)
      }
      let (found, wanted) = (cut(pieces, stops), expected(whole, stops))
      #expect(Array(found.shown.utf8) == Array(wanted.shown.utf8) && found.found == wanted.found)
    }
  }

  @Test("no part of a stop text is shown before it is whole, and nothing else is held back")
  func heldBack() {
    var texts = StopTexts(["</end>", "<br>"])
    #expect(texts.append("one <") == "one ")
    #expect(texts.append("/en") == "")
    #expect(texts.append("a") == "</ena")
    #expect(texts.append("b<b") == "b")
    #expect(texts.append("r> more") == "")
    #expect(texts.isFound)
    #expect(texts.append("rest") == "" && texts.finish() == "")
  }

  @Test("a stop text inside a piece ends the text there; its beginning at the end is shown")
  func inside() {
    #expect(cut(["one STOP two"], ["STOP"]) == ("one ", true))
    #expect(cut(["one STO"], ["STOP"]) == ("one STO", false))
  }
}
