import JSON

/// The result of a row of a batch file.
package struct BatchResult<Body: Encodable & Sendable>: Encodable, Sendable {
  package struct Response: Encodable, Sendable {
    package let statusCode: Int
    package let requestId: String
    package let body: Body
  }

  package let id: String
  package let customId: String
  package let response: Response

  package init(customID: String, status: Int, body: Body) {
    id = Identifier.make("batch_req_")
    customId = customID
    response = Response(statusCode: status, requestId: Identifier.make("req_"), body: body)
  }
}

/// The line of a result whose body another server wrote.
package enum BatchResultLine {
  /// The line, with the body taken over as it is; `body` is JSON.
  package static func bytes(customID: String, status: Int, body: [UInt8]) -> [UInt8] {
    // A line feed in JSON is always between its words.
    let flat = body.map { $0 == 0x0A || $0 == 0x0D ? UInt8(ascii: " ") : $0 }
    let (id, request) = (Identifier.make("batch_req_"), Identifier.make("req_"))
    let head =
      "{\"id\":\"\(id)\",\"custom_id\":\(customID.quotedAsJSON),"
      + "\"response\":{\"status_code\":\(status),\"request_id\":\"\(request)\",\"body\":"
    return Array(head.utf8) + flat + Array("}}".utf8)
  }
}
