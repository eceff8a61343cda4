import Foundation
import Testing

@testable import Server

@Suite("Answers that call functions", .serialized)
struct ToolTests {
  private static let head = #""model": "InternVL3-Demo", "max_tokens": 60"#
  private static let question = #"{"role": "user", "content": "What is the weather in Paris?"}"#
  private static let tools = """
    [{"type": "function", "function": {"name": "weather", "description": "Says the weather.",
      "parameters": {"type": "object", "required": ["place"], "additionalProperties": false,
        "properties": {"place": {"$ref": "#/$defs/place"}},
        "$defs": {"place": {"enum": ["Paris", "Rome"]}}}}},
     {"type": "function", "function": {"name": "now"}}]
    """

  private func body(_ choice: String, _ more: String = "") -> String {
    """
    {\(Self.head), "messages": [\(Self.question)], "tools": \(Self.tools), "tool_choice": \(choice)\(more)}
    """
  }

  @Test("a required call names one of the functions, with arguments that fit its schema")
  func required() async throws {
    try await TestServer.with { server in
      let answer = try await server.post("/v1/chat/completions", body(#""required""#))
      #expect(answer["choices.0.finish_reason"] as? String == "tool_calls")
      #expect(answer["choices.0.message.content"] is NSNull)
      let call = "choices.0.message.tool_calls.0"
      #expect((answer["\(call).id"] as? String)?.hasPrefix("call_") == true)
      #expect(answer["\(call).type"] as? String == "function")
      let arguments = try #require(answer["\(call).function.arguments"] as? String)
      switch answer["\(call).function.name"] as? String {
      case "weather": #expect([#"{"place":"Paris"}"#, #"{"place":"Rome"}"#].contains(arguments))
      case "now": #expect(arguments == "{}")
      case let other: Issue.record("called \(other ?? "nothing")")
      }
    }
  }

  @Test("a named function is called, and a stream brings the same call in one piece")
  func named() async throws {
    let choice = #"{"type": "function", "function": {"name": "weather"}}"#
    try await TestServer.with { server in
      let whole = try await server.post("/v1/chat/completions", body(choice))
      let function = "tool_calls.0.function"
      let name = whole["choices.0.message.\(function).name"] as? String
      #expect(name == "weather")
      let stream = try await server.post(
        "/v1/chat/completions", body(choice, #", "stream": true"#))
      let arguments = stream.events.compactMap {
        HTTPProbe.Answer.value(in: $0, "choices.0.delta.\(function).arguments") as? String
      }
      #expect(arguments == [whole["choices.0.message.\(function).arguments"] as? String])
      let reasons = stream.events.compactMap {
        HTTPProbe.Answer.value(in: $0, "choices.0.finish_reason") as? String
      }
      #expect(reasons == ["tool_calls"])
    }
  }

  @Test("with none the answer is a text, and to leave the choice to the model is refused")
  func others() async throws {
    try await TestServer.with { server in
      let text = try await server.post("/v1/chat/completions", body(#""none""#))
      #expect(text["choices.0.message.content"] is String)
      for choice in [#""auto""#, "null"] {
        let answer = try await server.post("/v1/chat/completions", body(choice))
        #expect(answer.status == 400)
        #expect(answer["error.param"] as? String == "tool_choice")
      }
    }
  }
}
