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

  /// The request for another server, which gives its answer in one piece.
  ///
  /// - Parameter model: the server's name for the model that is to answer.
  /// - Returns: the path behind the interface's address, and the body.
  /// - Throws: what is wrong with it as far as every server would say so; a picture that is not in it.
  package func forwarded(to model: String) throws(RequestFault) -> (path: String, body: [UInt8]) {
    let path = try RequestFault.reading(line) { row in
      try Self.path(row).replacing("/v1", with: "", maxReplacements: 1)
    }
    guard let place = JSONSlice.range(of: ["body"], in: line.span.bytes) else {
      preconditionFailure("a row that was read has no body")
    }
    let body = Array(line[place])
    return (
      path,
      try RequestFault.reading(body) { object in
        try Self.refusePicturesElsewhere(object)
        let kept = try members(of: body)
          .filter { !["model", "stream", "stream_options"].contains($0.key) }
          .map { Array($0.key.quotedAsJSON.utf8) + [UInt8(ascii: ":")] + body[$0.value] }
        // As it was written: the order of a schema's properties is the order of the answer's.
        return Array("{\"model\":\(model.quotedAsJSON)".utf8)
          + kept.flatMap { [UInt8(ascii: ",")] + $0 }
          + [UInt8(ascii: "}")]
      }
    )
  }

  private func members(of body: [UInt8]) throws(RequestFault) -> [JSONScanner.Member] {
    do throws(JSONFault) {
      return try JSONScanner.members(of: body.span.bytes)
    } catch {
      throw .notJSON(error)
    }
  }

  /// What the row asks, of the interface.
  private static func path(_ row: JSONObject) throws -> String {
    let method = try row.optionalString("method") ?? "POST"
    guard method == "POST" else { throw row.invalid("method", expected: "POST") }
    _ = try row.object("body")
    let path = try row.string("url")
    guard ["/v1/chat/completions", "/v1/completions"].contains(path) else {
      throw row.invalid("url", expected: "/v1/chat/completions or /v1/completions")
    }
    return path
  }

  /// Refuses pictures that a server would have to fetch, or to read from its own files.
  private static func refusePicturesElsewhere(_ body: JSONObject) throws {
    for message in try body.optionalObjects("messages") ?? [] {
      guard case .array? = message["content"] else { continue }
      for part in try message.objects("content") where part["image_url"] != nil {
        let address =
          if case .string(let text)? = part["image_url"] {
            text
          } else {
            try part.object("image_url").string("url")
          }
        guard address.hasPrefix("data:") else {
          throw RequestFault.unsupported(
            parameter: "image_url", instead: "send pictures as data: URLs")
        }
      }
    }
  }

  /// Reads the request, with its pictures.
  ///
  /// - Throws: what is wrong with it.
  package func request() throws(RequestFault) -> Request {
    try RequestFault.reading(line) { row in
      let path = try Self.path(row)
      let body = try row.object("body")
      return path == "/v1/completions"
        ? .completion(try CompletionRequest(wholly: body, in: line))
        : .chat(try ChatRequest(wholly: body, in: line))
    }
  }
}
