/// Recognises an answer that runs in circles, which models fall into: "red, red, red, red".
enum Repetition {
  /// How often a piece must stand at the end of a text, one after another.
  private static let leastTimes = 4
  /// The longest piece that is looked for.
  private static let longestPiece = 512

  /// Whether a text ends in a loop.
  static func isLoop(_ text: String) -> Bool { isLoop(text, leastBytes: 64) }

  /// Whether a text ends in a loop so long that what follows is not worth its time.
  static func isEndless(_ text: String) -> Bool { isLoop(text, leastBytes: 256) }

  /// Whether a text ends in pieces that are the same and together have `leastBytes`.
  private static func isLoop(_ text: String, leastBytes: Int) -> Bool {
    let bytes = Array(text.trimmed.utf8.suffix(leastTimes * longestPiece))
    guard bytes.count >= leastBytes else { return false }
    for period in 1...bytes.count / leastTimes {
      let need = max(leastTimes * period, leastBytes)
      let first = bytes.count - need
      if first >= 0, (first + period..<bytes.count).allSatisfy({ bytes[$0] == bytes[$0 - period] })
      {
        return true
      }
    }
    return false
  }
}
