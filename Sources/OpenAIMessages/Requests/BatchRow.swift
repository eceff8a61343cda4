import JSON

/// A row of OpenAI's batch files: a request, and a name that its result is told by.
package struct BatchRow: Sendable {
  package enum Request: Sendable {
    case chat(ChatRequest)
    case completion(CompletionRequest)
  }

  /// The row's own name, which no other has.
  package let id: String
  private let line: [UInt8]

  /// Reads the name of a line.
  ///
  /// - Throws: where the row itself is not one, so that its result would have no name.
  package init(_ line: [UInt8]) throws(RequestFault) {
    id = try RequestFault.reading(line) { try $0.string("custom_id") }
    self.line = line
  }

  /// Reads the request, with its pictures.
  ///
  /// - Throws: what is wrong with it.
  package func request() throws(RequestFault) -> Request {
    try RequestFault.reading(line) { row in
      let method = try row.optionalString("method") ?? "POST"
      guard method == "POST" else { throw row.invalid("method", expected: "POST") }
      let body = try row.object("body")
      switch try row.string("url") {
      case "/v1/chat/completions": return .chat(try ChatRequest(wholly: body, in: line))
      case "/v1/completions": return .completion(try CompletionRequest(wholly: body, in: line))
      default:
        throw row.invalid("url", expected: "/v1/chat/completions or /v1/completions")
      }
    }
  }
}
