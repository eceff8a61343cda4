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
