/// Breaks text that arrives in pieces at words, so that its lines fit a terminal.
///
/// Chinese and other wide characters may each begin a line, but not the punctuation behind them. A word
/// that is longer than a line is the terminal's to break.
struct WordWrap {
  private let width: Int
  /// Of the line so far, as it was given out.
  private var column = 0
  /// The spaces and the word that are held back until the word ends.
  private var spaces = ""
  private var word = ""
  private var wordWidth = 0
  private var isWide = false
  /// Whether a part of the word, which is longer than a line, was given out.
  private var isContinued = false

  init(width: Int) { self.width = width }

  /// What of the text so far can be shown.
  mutating func add(_ piece: String) -> String {
    var shown = ""
    for character in piece {
      if character == "\n" {
        shown += endWord() + spaces + "\n"
        (spaces, column, isContinued) = ("", 0, false)
      } else if character == " " || character == "\t" {
        shown += endWord()
        spaces.append(character)
        isContinued = false
      } else {
        let cells = Cells.width(character)
        let staysWithWord = cells == 0 || Self.closing.contains(character)
        if !staysWithWord, isWide || cells == 2 { shown += endWord() }
        isWide = cells == 2
        word.append(character)
        wordWidth += cells
        if wordWidth >= width {
          shown += endWord()
          isContinued = true
        }
      }
    }
    return shown
  }

  /// What was held back.
  mutating func finish() -> String { endWord() + spaces }

  private static let closing: Set<Character> = [
    "、", "。", "，", "．", "！", "？", "：", "；", "）", "」", "』", "】", "》", "”", "’", "…",
  ]

  private mutating func endWord() -> String {
    guard !word.isEmpty else { return "" }
    defer {
      (word, wordWidth, spaces, isWide, isContinued) = ("", 0, "", false, false)
    }
    let gap = Cells.width(spaces)
    guard column > 0, !isContinued, column + gap + wordWidth > width else {
      column += gap + wordWidth
      return spaces + word
    }
    column = wordWidth
    return "\n" + word
  }
}
