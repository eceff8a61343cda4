import Foundation
import InternVL
import Testing

@testable import Server

@Suite("The rest of OpenAI's interface", .serialized)
struct InterfaceTests {
  @Test("a completion goes on with a text as it stands, whole and in pieces")
  func completions() async throws {
    try await TestServer.with { server in
      let body =
        #"{"model": "InternVL3-Demo", "prompt": "Three shapes: a large", "max_tokens": 8, "logprobs": 2}"#
      let whole = try await server.post("/v1/completions", body)
      #expect(whole.status == 200)
      let text = try #require(whole["choices.0.text"] as? String)
      #expect(!text.isEmpty)
      let tokens = try #require(whole["choices.0.logprobs.tokens"] as? [String])
      #expect(tokens.joined().trimmingCharacters(in: .whitespaces).hasPrefix(text))
      #expect((whole["choices.0.logprobs.top_logprobs"] as? [Any])?.count == tokens.count)
      let stream = try await server.post(
        "/v1/completions", body.dropLast() + #", "stream": true}"#)
      let pieces = stream.events.compactMap {
        HTTPProbe.Answer.value(in: $0, "choices.0.text") as? String
      }
      #expect(pieces.joined() == text)
      #expect(stream.body.hasSuffix("data: [DONE]\n\n"))
    }
  }

  @Test("a response has the same text as a chat, whole and as numbered events")
  func responses() async throws {
    let expected = try TestServer.expected("Describe the picture.").text
    let body = """
      {"model": "InternVL3-Demo", "max_output_tokens": 24, "input": [{"role": "user", "content": [
        {"type": "input_image", "image_url": "\(try TestServer.dataURL())"},
        {"type": "input_text", "text": "Describe the picture."}]}]
      """
    try await TestServer.with { server in
      let whole = try await server.post("/v1/responses", body + "}")
      #expect(whole["output.0.content.0.text"] as? String == expected)
      #expect(whole["object"] as? String == "response")
      let stream = try await server.post("/v1/responses", body + #", "stream": true}"#)
      let events = stream.body.components(separatedBy: "\n\n").compactMap { event in
        event.components(separatedBy: "\ndata: ").last.flatMap {
          try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
      }
      #expect(events.compactMap { $0["sequence_number"] as? Int } == Array(0..<events.count))
      #expect(events.first?["type"] as? String == "response.created")
      #expect(events.compactMap { $0["delta"] as? String }.joined() == expected)
      #expect(
        ["response.completed", "response.incomplete"].contains(events.last?["type"] as? String))
    }
  }

  @Test("tokens become text again, and a conversation says what its pictures cost")
  func tokens() async throws {
    try await TestServer.with { server in
      let text = "A large red circle."
      let tokens = try await server.post(
        "/tokenize", #"{"prompt": "\#(text)", "return_token_strs": true}"#)
      let ids = try #require(tokens["tokens"] as? [Int])
      #expect(tokens["count"] as? Int == ids.count)
      #expect((tokens["token_strs"] as? [String])?.joined() == text)
      let back = try await server.post("/detokenize", #"{"tokens": \#(ids)}"#)
      #expect(back["prompt"] as? String == text)
      let chat = try await server.post("/tokenize", TestServer.chat("What?"))
      let expected = try TestServer.expected("What?", options: GenerationOptions(maxTokens: 1))
      #expect(chat["count"] as? Int == expected.promptTokenIDs.count)
      #expect(chat["images.0.tiles"] as? Int == expected.tiles[0].count)
      #expect(chat["images.0.tokens"] as? Int == expected.timings.imageTokens)
    }
  }

  @Test("metrics count what was asked, answered and remembered")
  func metrics() async throws {
    try await TestServer.with { server in
      let first = try await server.post("/v1/chat/completions", TestServer.chat("What?"))
      let second = try await server.post("/v1/chat/completions", TestServer.chat("What?"))
      let prompt = try #require(first["usage.prompt_tokens"] as? Int)
      let answer = try #require(first["usage.completion_tokens"] as? Int)
      let cached = try #require(second["usage.prompt_tokens_details.cached_tokens"] as? Int)
      #expect(cached > 0)
      let text = try await server.get("/metrics").body
      let label = #"{model_name="InternVL3-Demo"}"#
      for line in [
        "vllm:prompt_tokens_total\(label) \(2 * prompt)",
        "vllm:generation_tokens_total\(label) \(2 * answer)",
        "vllm:prefix_cache_hits_total\(label) \(cached)",
        "vllm:num_requests_running\(label) 0",
        "vllm:num_requests_waiting\(label) 0",
        "vllm:kv_cache_usage_perc\(label) 0",
        "vllm:e2e_request_latency_seconds_count\(label) 2",
        "# TYPE vllm:time_to_first_token_seconds histogram",
      ] {
        #expect(text.split(separator: "\n").contains { $0 == line }, "\(line)")
      }
    }
  }

  @Test("a foreign web page may ask only where it is allowed")
  func origins() async throws {
    let foreign = "Origin: https://chat.example"
    try await TestServer.with { server in
      #expect(try await server.get("/v1/models", headers: [foreign]).status == 403)
      let own = try await server.get("/v1/models", headers: ["Origin: http://localhost"])
      #expect(own.status == 200)
    }
    let settings = ServerSettings(apiKeys: ["key"], corsOrigins: ["https://chat.example"])
    try await TestServer.with(settings) { server in
      let preflight = try await server.send(
        """
        OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\(foreign)\r\n\
        Access-Control-Request-Headers: authorization\r\nConnection: close\r\n\r\n
        """)
      #expect(preflight.status == 200)
      #expect(preflight.headers["access-control-allow-origin"] == "https://chat.example")
      #expect(preflight.headers["access-control-allow-headers"] == "authorization")
      let refused = try await server.post("/v1/chat/completions", "{}", headers: [foreign])
      #expect(refused.status == 401)
      #expect(refused.headers["access-control-allow-origin"] == "https://chat.example")
    }
  }

  @Test("a page whose own name stands for this machine is refused, unless there are keys")
  func foreignNames() async throws {
    func status(_ host: String, of server: HTTPProbe) async throws -> Int {
      try await server.send(
        "GET /models HTTP/1.1\r\nHost: \(host)\r\nOrigin: http://\(host)\r\nConnection: close\r\n\r\n"
      ).status
    }
    let own = ["localhost", "LOCALHOST:80", "127.0.0.1:9997", "[::1]", "[::1]:9997", "127.1:1"]
    let foreign = ["evil.example", "evil.example:9997", "localhost.evil.example", "127.0.0.1.evil"]
    try await TestServer.with(ServerSettings(address: .host("127.1", port: 0))) { server in
      for (hosts, expected) in [(own, 200), (foreign, 403)] {
        for host in hosts {
          let status = try await status(host, of: server)
          #expect(status == expected, "\(host)")
        }
      }
    }
    try await TestServer.with(ServerSettings(apiKeys: ["key"])) { server in
      for host in foreign {
        let status = try await status(host, of: server)
        #expect(status == 200, "\(host)")
      }
    }
  }
}
