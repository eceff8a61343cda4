import JSON

/// The columns that every row may have, besides the answers.
enum RowColumn: String, CaseIterable {
  case image, error
  case finishReason = "finish_reason"
  case cut, tokens, seconds
  case maxTokens = "max_tokens"
  case fullContext = "full_context"
  case width, height, bytes, modified, sha256, settings

  /// What the picture's name is called in Hugging Face's `metadata.jsonl`.
  static let fileName = "file_name"

  /// The names that no answer may have.
  static let reserved = Set(allCases.map(\.rawValue) + [fileName])

  /// Whether its text is no JSON.
  var isText: Bool {
    switch self {
    case .image, .error, .finishReason, .sha256: true
    default: false
    }
  }
}

/// A value in a row.
enum RowCell: Equatable {
  case text(String)
  /// JSON as it is written: a number, a list or an object.
  case json(String)

  /// What is between quotation marks in JSON, and bare in CSV.
  var plain: String {
    switch self {
    case .text(let text), .json(let text): text
    }
  }

  var json: String {
    switch self {
    case .text(let text): text.quotedAsJSON
    case .json(let json): json
    }
  }
}
