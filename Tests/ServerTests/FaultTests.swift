import Foundation
import InternVL
import Testing

@testable import Server

@Suite("Requests that cannot be answered", .serialized)
struct FaultTests {
  @Test("a wrong value is a 400 that names the parameter")
  func wrongValues() async throws {
    let user = #""messages": [{"role": "user", "content": "Hi"}]"#
    let cases: [(String, String?)] = [
      ("", nil), ("{", nil), ("[]", nil), ("{}", "messages"),
      (#"{"model": "InternVL3-Demo", "messages": []}"#, "messages"),
      (
        #"{"model": "InternVL3-Demo", "messages": [{"role": "wizard", "content": "Hi"}]}"#,
        "messages"
      ),
      (
        #"{"model": "InternVL3-Demo", "messages": [{"role": "user", "content": 3}]}"#,
        "messages[0].content"
      ),
      ("{\(user), \"temperature\": 3}", "temperature"),
      ("{\(user), \"temperature\": \"hot\"}", "temperature"),
      ("{\(user), \"max_tokens\": 0}", "max_tokens"),
      ("{\(user), \"max_tokens\": 1.5}", "max_tokens"),
      ("{\(user), \"n\": 0}", "n"),
      ("{\(user), \"n\": 1000000}", "n"),
      ("{\(user), \"top_logprobs\": 3}", "top_logprobs"),
      ("{\(user), \"stop\": [\"a\",\"b\",\"c\",\"d\",\"e\"]}", "stop"),
      ("{\(user), \"stream_options\": {}}", "stream_options"),
      ("{\(user)}", "model"),
      ("{\(user), \"tools\": [{\"type\": \"function\"}]}", "tools[0].function"),
      ("{\(user), \"tool_choice\": \"required\"}", "tool_choice"),
      ("{\(user), \"logit_bias\": {\"5\": 1}}", "logit_bias"),
      ("{\(user), \"grammar\": \"root ::= [a-z]\"}", "grammar"),
      ("{\(user), \"response_format\": {\"type\": \"xml\"}}", "response_format.type"),
    ]
    try await TestServer.with { server in
      for (body, parameter) in cases {
        let answer = try await server.post("/v1/chat/completions", body)
        #expect(answer.status == 400, "\(body)")
        #expect(answer["error.type"] as? String == "invalid_request_error", "\(body)")
        #expect(answer["error.message"] is String, "\(body)")
        #expect(answer["error.param"] as? String == parameter, "\(body)")
      }
    }
  }

  @Test("what other servers know is passed over, and null is as good as nothing")
  func ignored() async throws {
    try await TestServer.with { server in
      let answer = try await server.post(
        "/v1/chat/completions",
        """
        {"model": "InternVL3-Demo", "messages": [{"role": "user", "content": "Hi", "name": "Ann"}], "max_tokens": 2,
         "cache_prompt": true, "user": "me", "tools": [], "tool_choice": "auto", "stop": null,
         "temperature": null, "stream": null, "n": null, "response_format": {"type": "text"}}
        """)
      #expect(answer.status == 200)
    }
  }

  @Test("a prompt that does not fit says how long it is and how long it may be")
  func tooLong() async throws {
    try await TestServer.with { server in
      let text = String(repeating: "word ", count: 2000)
      let answer = try await server.post(
        "/v1/chat/completions",
        #"{"model": "InternVL3-Demo", "messages": [{"role": "user", "content": "\#(text)"}], "stream": true}"#
      )
      #expect(answer.status == 400)
      #expect(answer["error.code"] as? String == "context_length_exceeded")
      #expect((answer["error.n_prompt_tokens"] as? Int ?? 0) > TestServer.contextLength)
      #expect(answer["error.n_ctx"] as? Int == TestServer.contextLength)
      for (path, parameter) in [("completions", "prompt"), ("responses", "input")] {
        let other = try await server.post(
          "/v1/\(path)", #"{"model": "InternVL3-Demo", "\#(parameter)": "\#(text)"}"#)
        #expect(other.status == 400)
        #expect(other["error.param"] as? String == parameter)
      }
    }
  }

  @Test("pictures that cannot be read are a 400 with their number")
  func pictures() async throws {
    let good = try TestServer.dataURL()
    let cases = [
      "data:image/png;base64,AAAA", "data:image/png;base64,@@@@", "data:text/plain,hello",
      "file:///etc/passwd", "/etc/passwd", "http://127.0.0.1/a.png", "data:image/png;base64,",
      String(good.prefix(400)),
    ]
    try await TestServer.with { server in
      for address in cases {
        let answer = try await server.post(
          "/v1/chat/completions",
          """
          {"model": "InternVL3-Demo", "messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "\(good)"}},
            {"type": "image_url", "image_url": "\(address)"}]}]}
          """)
        #expect(answer.status == 400, "\(address)")
        #expect(!answer.body.contains("root:"), "\(address)")
      }
    }
  }

  @Test("a thousand pictures are refused before one is decoded")
  func manyPictures() async throws {
    let part = #"{"type": "image_url", "image_url": {"url": "data:;base64,AAAA"}}"#
    let parts = Array(repeating: part, count: 1000).joined(separator: ",")
    try await TestServer.with { server in
      let answer = try await server.post(
        "/v1/chat/completions",
        #"{"model": "InternVL3-Demo", "messages": [{"role": "user", "content": [\#(parts)]}]}"#)
      #expect(answer.status == 400)
      #expect(
        (answer["error.message"] as? String)?.hasPrefix("1000 pictures take at least") == true)
    }
  }

  @Test("an unknown model, path or method says what there is")
  func unknown() async throws {
    try await TestServer.with { server in
      let model = try await server.post(
        "/v1/chat/completions",
        #"{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}"#)
      #expect(model.status == 404)
      #expect(model["error.code"] as? String == "model_not_found")
      #expect((model["error.message"] as? String)?.contains(TestServer.model) == true)
      #expect(try await server.get("/v1/models/gpt-4o").status == 404)
      #expect(try await server.get("/v1/nothing").status == 404)
      let method = try await server.get("/v1/chat/completions")
      #expect(method.status == 405)
      #expect(method.headers["allow"] == "POST")
    }
  }

  @Test("bodies beyond the limits, deep JSON and wrong lengths end in a 4xx")
  func bodies() async throws {
    var limits = Limits()
    limits.bodyBytes = 1 << 16
    try await TestServer.with(ServerSettings(limits: limits)) { server in
      let large = try await server.post(
        "/v1/chat/completions", String(repeating: " ", count: 1 << 17))
      #expect(large.status == 413)
      let deep = String(repeating: "[", count: 10_000)
      #expect(try await server.post("/v1/chat/completions", deep).status == 400)
      let head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      let chunked = try await server.send(head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n")
      #expect(chunked.status == 400)
      let negative = try await server.send(head + "Content-Length: -5\r\n\r\n")
      #expect(negative.status == 400)
      let long = String(repeating: "a", count: 100_000)
      #expect(try await server.send(head + "X-Long: \(long)\r\n\r\n").status == 400)
      let slashes = String(repeating: "/", count: 30_000)
      let slashed = try await server.get("/version" + slashes)
      #expect(slashed.status == 200)
      #expect(try await server.get("/version").status == 200)
    }
  }

  @Test("two requests on one connection are answered in their order")
  func pipelining() async throws {
    try await TestServer.with { server in
      let bytes = try await server.exchange(
        Array(
          ("GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n"
            + "GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").utf8))
      let text = String(decoding: bytes, as: UTF8.self)
      let models = try #require(text.range(of: "\"list\""))
      let version = try #require(text.range(of: "\"version\""))
      #expect(models.lowerBound < version.lowerBound)
    }
  }

  @Test("more answers than there will ever be places for are a 400, alone too")
  func moreThanPlaces() async throws {
    try await TestServer.with(parallel: 1, queue: 2) { server in
      for (count, status) in [(3, 200), (4, 400)] {
        let answer = try await server.post(
          "/v1/chat/completions",
          """
          {"model": "InternVL3-Demo", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1, "n": \(count)}
          """)
        #expect(answer.status == status)
        #expect(answer["error.param"] as? String == (status == 400 ? "n" : nil))
      }
    }
  }

  @Test("a full queue answers 503 and when to ask again")
  func full() async throws {
    let gate = DispatchSemaphore(value: 0)
    let offer = TestServer.offer(parallel: 1, before: { gate.wait() })
    try await TestServer.with(parallel: 1, queue: 0, offers: [offer]) { server in
      let body =
        #"{"model": "InternVL3-Demo", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}"#
      try await withThrowingTaskGroup(of: HTTPProbe.Answer.self) { group in
        for _ in 0..<2 {
          group.addTask { try await server.post("/v1/chat/completions", body) }
        }
        // One of them has the only place, and waits for the model.
        let refused = try await group.next()
        #expect(refused?.status == 503)
        #expect(refused?.headers["retry-after"] == "1")
        #expect(refused?["error.code"] as? String == "queue_full")
        gate.signal()
        #expect(try await group.next()?.status == 200)
      }
    }
  }
}
