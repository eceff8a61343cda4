import Foundation

/// What a line that the user typed means.
enum ChatInput: Equatable {
  case nothing
  case question(String)
  case image(String)
  case clear, help, exit
  /// A command that does not exist.
  case unknown(String)

  init(_ line: String) {
    let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
    guard text.hasPrefix("/") else {
      self = text.isEmpty ? .nothing : .question(text)
      return
    }
    let parts = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    switch parts.first {
    case "/image": self = .image(Self.path(parts.count > 1 ? String(parts[1]) : ""))
    case "/clear": self = .clear
    case "/help": self = .help
    case "/exit", "/quit": self = .exit
    default: self = .unknown(parts.first.map(String.init) ?? text)
    }
  }

  static let helpText = """
    /image PATH  adds a picture to the next question
    /clear       forgets the conversation
    /help        shows this
    /exit        leaves, as Ctrl-D does
    Alt-Enter    begins a new line of a question; pasted lines are one question
    Ctrl-C stops an answer and keeps it. Pictures go where the question says <image>, \
    otherwise in front.
    """

  /// A path as terminals paste it and Tab completes it: quoted, with backslashes, or from the home
  /// folder.
  private static func path(_ text: String) -> String {
    let text = text.trimmingCharacters(in: .whitespaces)
    if let path = unquoted(text) { return path }
    let path = text.replacing(/\\(.)/) { $0.1 }
    return path.hasPrefix("~/") ? NSHomeDirectory() + path.dropFirst() : path
  }

  /// The path without a shell's quotes; nil when it is not quoted or a quote is left open.
  private static func unquoted(_ text: String) -> String? {
    guard text.hasPrefix("'") || text.hasPrefix("\"") else { return nil }
    var path = ""
    var quote: Character?
    var rest = text[...]
    while let character = rest.popFirst() {
      switch (character, quote) {
      case ("'", nil), ("\"", nil): quote = character
      case (_, character): quote = nil
      case ("\\", nil): path += rest.popFirst().map(String.init) ?? ""
      default: path.append(character)
      }
    }
    return quote == nil ? path : nil
  }
}
