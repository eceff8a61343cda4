/// Recognises an answer that runs in circles, which models fall into: "red, red, red, red".
enum Repetition {
  /// How often a piece must stand at the end of a text, one after another, and how long all are together.
  private static let leastTimes = 4
  private static let leastBytes = 64
  /// The longest piece that is looked for.
  private static let longestPiece = 512

  /// Whether a text ends in a loop.
  static func isLoop(_ text: String) -> Bool {
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
