import Foundation
import InternVL
import Testing

@testable import Server

@Suite("Chat completions", .serialized)
struct ChatTests {
  @Test("an answer is the one that the model gives without a server")
  func answer() async throws {
    let expected = try TestServer.expected("Describe the picture.")
    try await TestServer.with { server in
      for path in ["/v1/chat/completions", "/chat/completions"] {
        let answer = try await server.post(path, TestServer.chat("Describe the picture."))
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        #expect(answer["choices.0.message.content"] as? String == expected.text)
        #expect(answer["choices.0.message.role"] as? String == "assistant")
        #expect(
          answer["choices.0.finish_reason"] as? String == expected.finishReason.rawValue)
        #expect(answer["usage.prompt_tokens"] as? Int == expected.promptTokenIDs.count)
        #expect(answer["usage.completion_tokens"] as? Int == expected.tokenIDs.count)
        #expect(answer["model"] as? String == TestServer.model)
        #expect(answer["object"] as? String == "chat.completion")
        #expect(answer["choices.0.logprobs"] is NSNull)
        #expect(answer["choices.0.message.refusal"] is NSNull)
      }
    }
  }

  @Test("a stream has the role, the text in pieces, the reason, the usage and a mark of its end")
  func stream() async throws {
    let expected = try TestServer.expected("Describe the picture.")
    try await TestServer.with { server in
      let answer = try await server.post(
        "/v1/chat/completions",
        TestServer.chat(
          "Describe the picture.",
          #""stream": true, "stream_options": {"include_usage": true}"#))
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "text/event-stream")
      #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
      let events = answer.events
      func values(_ path: String) -> [String] {
        events.compactMap { HTTPProbe.Answer.value(in: $0, path) as? String }
      }
      #expect(values("choices.0.delta.role") == ["assistant"])
      #expect(values("choices.0.delta.content").joined() == expected.text)
      #expect(values("choices.0.delta.content").count > 2)
      #expect(values("choices.0.finish_reason") == [expected.finishReason.rawValue])
      #expect(Set(values("id")).count == 1)
      let last = events.last
      #expect((HTTPProbe.Answer.value(in: last, "choices") as? [Any])?.isEmpty == true)
      #expect(
        HTTPProbe.Answer.value(in: last, "usage.total_tokens") as? Int
          == expected.promptTokenIDs.count + expected.tokenIDs.count)
    }
  }

  @Test("an answer is the same alone and among eight others")
  func batchInvariance() async throws {
    let questions = ["Describe the picture.", "Count the shapes.", "What colour is it?", "Where?"]
    let expected = try questions.map { try TestServer.expected($0).text }
    try await TestServer.with { server in
      try await withThrowingTaskGroup(of: (Int, String?).self) { group in
        for round in 0..<8 {
          let index = round % questions.count
          group.addTask {
            let answer = try await server.post(
              "/v1/chat/completions",
              TestServer.chat(questions[index], round < 4 ? "" : #""stream": true"#))
            guard round >= 4 else {
              return (index, answer["choices.0.message.content"] as? String)
            }
            let pieces = answer.events.compactMap {
              HTTPProbe.Answer.value(in: $0, "choices.0.delta.content") as? String
            }
            return (index, pieces.joined())
          }
        }
        for try await (index, text) in group { #expect(text == expected[index]) }
      }
    }
  }

  @Test("several answers to one prompt have their own places")
  func several() async throws {
    let expected = try TestServer.expected("Describe the picture.").text
    try await TestServer.with { server in
      let answer = try await server.post(
        "/v1/chat/completions", TestServer.chat("Describe the picture.", #""n": 3"#))
      for index in 0..<3 {
        #expect(answer["choices.\(index).message.content"] as? String == expected)
        #expect(answer["choices.\(index).index"] as? Int == index)
      }
      let stream = try await server.post(
        "/v1/chat/completions",
        TestServer.chat("Describe the picture.", #""n": 2, "stream": true"#))
      for index in 0..<2 {
        let pieces = stream.events.filter {
          HTTPProbe.Answer.value(in: $0, "choices.0.index") as? Int == index
        }
        let text = pieces.compactMap {
          HTTPProbe.Answer.value(in: $0, "choices.0.delta.content") as? String
        }
        #expect(text.joined() == expected)
      }
    }
  }

  @Test("log probabilities are those of the tokens, whole and in a stream")
  func logprobs() async throws {
    let expected = try TestServer.expected(
      "Describe the picture.", options: GenerationOptions(maxTokens: 24, logprobs: 2))
    try await TestServer.with { server in
      let more = #""logprobs": true, "top_logprobs": 2"#
      let whole = try await server.post(
        "/v1/chat/completions", TestServer.chat("Describe the picture.", more))
      let content = try #require(whole["choices.0.logprobs.content"] as? [[String: Any]])
      #expect(content.count == expected.choices.count)
      #expect((content[0]["top_logprobs"] as? [Any])?.count == 2)
      #expect(
        content.compactMap { $0["token"] as? String }
          == expected.choices.map { String(decoding: $0.chosen.bytes, as: UTF8.self) })
      let stream = try await server.post(
        "/v1/chat/completions",
        TestServer.chat("Describe the picture.", more + #", "stream": true"#))
      let streamed = stream.events.flatMap {
        HTTPProbe.Answer.value(in: $0, "choices.0.logprobs.content") as? [[String: Any]] ?? []
      }
      #expect(
        streamed.compactMap { $0["token"] as? String }
          == content.compactMap { $0["token"] as? String })
    }
  }

  @Test("a stop text ends the answer before it")
  func stop() async throws {
    let whole = try TestServer.expected("Describe the picture.").text
    let word = "large"
    try #require(whole.contains(word))
    try await TestServer.with { server in
      let answer = try await server.post(
        "/v1/chat/completions",
        TestServer.chat("Describe the picture.", #""stop": " \#(word)""#))
      let text = try #require(answer["choices.0.message.content"] as? String)
      #expect(whole.hasPrefix(text) && !text.contains(word))
      #expect(answer["choices.0.finish_reason"] as? String == "stop")
    }
  }
}
