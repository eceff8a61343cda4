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
    /image PATH  takes a picture along with the next question
    /clear       forgets the conversation
    /help        shows this
    /exit        leaves, as Ctrl-D does
    Ctrl-C stops an answer and keeps it. Pictures go where the question says <image>, \
    otherwise in front.
    """

  /// A path as terminals paste it: quoted, or with escaped spaces, or from the home folder.
  private static func path(_ text: String) -> String {
    let text = text.trimmingCharacters(in: .whitespaces)
    for quote in ["'", "\""] where text.count > 1 && text.hasPrefix(quote) && text.hasSuffix(quote)
    {
      return String(text.dropFirst().dropLast())
    }
    let path = text.replacing("\\ ", with: " ")
    return path.hasPrefix("~/") ? NSHomeDirectory() + path.dropFirst() : path
  }
}
