/// What is done to a model's answer before it is written.
package struct TextStyle: Sendable, Equatable {
  package var prefix = ""
  package var suffix = ""
  /// Whether each run of white space, line feeds too, becomes one space.
  package var collapsesWhitespace = false

  package init(prefix: String = "", suffix: String = "", collapsesWhitespace: Bool = false) {
    self.prefix = prefix
    self.suffix = suffix
    self.collapsesWhitespace = collapsesWhitespace
  }

  func applied(to text: String) -> String {
    let text =
      collapsesWhitespace ? text.split(whereSeparator: \.isWhitespace).joined(separator: " ") : text
    return prefix + text + suffix
  }
}

extension String {
  /// Two texts as one: trimmed, a full stop behind the first where it ends in a letter or digit, and one
  /// space between them.
  static func joined(_ first: String, _ second: String) -> String {
    let (first, second) = (first.trimmed, second.trimmed)
    guard let end = first.last, !second.isEmpty else { return first + second }
    return first + (end.isLetter || end.isNumber ? ". " : " ") + second
  }

  /// The text without white space at its ends.
  package var trimmed: String {
    let front = drop(while: \.isWhitespace)
    return String(
      front[..<(front.lastIndex { !$0.isWhitespace }.map(front.index(after:)) ?? front.startIndex)])
  }
}
