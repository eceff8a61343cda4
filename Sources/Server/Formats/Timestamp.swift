import FoundationEssentials

/// Times as ollama writes them.
enum Timestamp {
  static var now: String { text(Date.now) }

  static func text(_ date: Date) -> String { Date.ISO8601FormatStyle().format(date) }
}
