import Foundation
import Testing

@testable import Server

@Suite("Answers of a shape over HTTP", .serialized)
struct StructuredOutputTests {
  private static let user =
    #""model": "InternVL3-Demo", "messages": [{"role": "user", "content": "What is it?"}]"#

  @Test("an answer fits the schema that was asked for, even when its tokens run out")
  func schema() async throws {
    let schema =
      #"{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}},"required":["z","a"],"additionalProperties":false}"#
    try await TestServer.with { server in
      let answer = try await server.post(
        "/v1/chat/completions",
        """
        {\(Self.user), "max_tokens": 30, "response_format": {"type": "json_schema",
         "json_schema": {"name": "n", "schema": \(schema)}}}
        """)
      #expect(answer.status == 200)
      #expect(answer["choices.0.finish_reason"] as? String == "stop")
      let text = try #require(answer["choices.0.message.content"] as? String)
      #expect(text.hasPrefix(#"{"z":"#))
      let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      #expect(object?["z"] is String && object?["a"] is Int)
    }
  }

  @Test(
    "a schema that cannot be used, and a limit below its shortest answer, are the client's fault")
  func refused() async throws {
    try await TestServer.with { server in
      for (schema, limit) in [(#"{"not": {}}"#, 30), (#"{"type": "string", "minLength": 900}"#, 3)]
      {
        let answer = try await server.post(
          "/v1/chat/completions",
          """
          {\(Self.user), "max_tokens": \(limit), "response_format": {"type": "json_schema",
           "json_schema": {"schema": \(schema)}}}
          """)
        #expect(answer.status == 400)
        #expect(answer["error.type"] as? String == "invalid_request_error")
      }
    }
  }
}
