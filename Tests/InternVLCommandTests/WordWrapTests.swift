import Testing

@testable import InternVLCommand

@Suite("Lines that fit a terminal")
struct WordWrapTests {
  /// Wraps a text that arrives in pieces of so many characters.
  private func wrap(_ text: String, width: Int, pieces: Int = 1) -> String {
    var wrap = WordWrap(width: width)
    var shown = ""
    var rest = text[...]
    while !rest.isEmpty {
      shown += wrap.add(String(rest.prefix(pieces)))
      rest = rest.dropFirst(pieces)
    }
    return shown + wrap.finish()
  }

  @Test("words go to the next line, however the text arrives", arguments: [1, 2, 3, 7, 100])
  func words(pieces: Int) {
    let text = "one two  three four\n  indented line\n\nend "
    #expect(
      wrap(text, width: 10, pieces: pieces)
        == "one two\nthree four\n  indented\nline\n\nend ")
  }

  @Test("Chinese breaks between characters, but not before punctuation")
  func chinese() {
    #expect(wrap("图片里有猫。狗", width: 10) == "图片里有\n猫。狗")
    #expect(wrap("a图片b里", width: 4) == "a图\n片b\n里")
  }

  @Test("a word that is longer than a line is not held back, nor broken")
  func longWord() {
    #expect(wrap("see https://example.org/a x", width: 8) == "see\nhttps://example.org/a\nx")
  }

  @Test("nothing but white space changes")
  func content() {
    let text = "It’s a photo (of “two” cats), 两只猫，在沙发上。 Naïve café: 👩‍👩‍👧 done."
    #expect(
      wrap(text, width: 9).filter { !$0.isWhitespace } == text.filter { !$0.isWhitespace })
  }
}
