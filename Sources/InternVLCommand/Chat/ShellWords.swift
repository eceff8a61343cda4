/// The words of a line as a shell would take them apart, where they look like that.
struct ShellWords {
  struct Word {
    /// Without quotes and backslashes.
    let text: String
    /// Where it stands in the line, quotes included.
    let range: Range<String.Index>
  }

  private(set) var words: [Word] = []

  init(_ line: String) {
    var index = line.startIndex
    while true {
      index = line[index...].firstIndex { !$0.isWhitespace } ?? line.endIndex
      guard index < line.endIndex else { return }
      let (text, end) =
        Self.quoted(line[index...]) ?? Self.plain(line[index...])
      words.append(Word(text: text, range: index..<end))
      index = end
    }
  }

  /// A word that begins with a quote; nil for others, and where the quote is left open.
  private static func quoted(_ line: Substring) -> (String, String.Index)? {
    guard let first = line.first, first == "'" || first == "\"" else { return nil }
    var text = ""
    var quote: Character?
    var rest = line
    while let character = rest.first, quote != nil || !character.isWhitespace {
      rest.removeFirst()
      switch (character, quote) {
      case ("'", nil), ("\"", nil): quote = character
      case (_, character): quote = nil
      case ("\\", nil): text += rest.popFirst().map(String.init) ?? ""
      default: text.append(character)
      }
    }
    return quote == nil ? (text, rest.startIndex) : nil
  }

  /// A word in which a backslash takes the next character as it is, and a quote is a letter.
  private static func plain(_ line: Substring) -> (String, String.Index) {
    var text = ""
    var rest = line
    while let character = rest.first, !character.isWhitespace {
      rest.removeFirst()
      text.append(character == "\\" ? rest.popFirst() ?? character : character)
    }
    return (text, rest.startIndex)
  }
}
