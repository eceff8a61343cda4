/// Removes what a terminal would take for a command from text that arrives in pieces.
///
/// What goes: escape sequences (ECMA-48: control sequences, operating-system commands and other
/// control strings, in their 7-bit and 8-bit forms) and all control characters but line feed and
/// tab. A control string that nobody ended ends with its line, so that a stray opener cannot
/// swallow the rest of an answer.
struct TerminalText {
  private enum State {
    case text
    /// After ESC, perhaps with intermediate characters.
    case escape
    /// Inside a control sequence, before its final character.
    case sequence
    /// Inside a control string.
    case string
    /// After an ESC inside a control string.
    case stringEscape
  }

  private var state = State.text

  /// The printable part of the next piece; a sequence may continue in the piece after it.
  mutating func clean(_ piece: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in piece.unicodeScalars where accept(scalar) { result.append(scalar) }
    return String(result)
  }

  /// Whether a whole text's next scalar may be printed.
  private mutating func accept(_ scalar: Unicode.Scalar) -> Bool {
    switch (state, scalar.value) {
    case (.text, _), (_, 0x0A):
      return acceptText(scalar)
    case (.escape, 0x20...0x2F):
      return false
    case (.escape, _), (.stringEscape, _):
      return acceptAfterEscape(scalar)
    case (.sequence, 0x20...0x3F):
      return false
    case (.sequence, 0x40...0x7E):
      state = .text
      return false
    case (.sequence, _):
      return acceptText(scalar)
    case (.string, 0x07), (.string, 0x9C):
      state = .text
      return false
    case (.string, 0x1B):
      state = .stringEscape
      return false
    case (.string, _):
      return false
    }
  }

  private mutating func acceptText(_ scalar: Unicode.Scalar) -> Bool {
    state = .text
    switch scalar.value {
    case 0x09, 0x0A: return true
    case 0x1B: state = .escape
    case 0x9B: state = .sequence
    case 0x90, 0x98, 0x9D, 0x9E, 0x9F: state = .string
    case 0x00...0x1F, 0x7F...0x9F: break
    default: return true
    }
    return false
  }

  private mutating func acceptAfterEscape(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "[": state = .sequence
    case "]", "P", "X", "^", "_": state = .string
    case "0"..."~": state = .text  // the final character of a short sequence, and ST
    default: return acceptText(scalar)
    }
    return false
  }

  /// A whole text without what a terminal would take for a command.
  static func cleaned(_ text: String) -> String {
    var filter = TerminalText()
    return filter.clean(text)
  }
}
