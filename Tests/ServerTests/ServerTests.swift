import Foundation
import InternVL
import Logging
import Synchronization
import Testing

@testable import Server

@Suite("The server", .serialized)
struct ServerTests {
  @Test("the models that there are, by list and by name, in any case and with an owner")
  func models() async throws {
    try await TestServer.with { server in
      let list = try await server.get("/v1/models")
      #expect(list["data.0.id"] as? String == TestServer.model)
      #expect(list["data.0.max_model_len"] as? Int == TestServer.contextLength)
      for name in ["InternVL3-Demo", "internvl3-demo:latest", "OpenGVLab/InternVL3-Demo"] {
        #expect(try await server.get("/v1/models/\(name)")["id"] as? String == TestServer.model)
      }
    }
  }

  @Test("with keys only who has one is answered, but health, models and version are public")
  func keys() async throws {
    try await TestServer.with(ServerSettings(apiKeys: ["first", "second"])) { server in
      let body =
        #"{"model": "InternVL3-Demo", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}"#
      for header in [[], ["Authorization: Bearer wrong"], ["Authorization: first"]] {
        let answer = try await server.post("/v1/chat/completions", body, headers: header)
        #expect(answer.status == 401)
        #expect(answer["error.type"] as? String == "authentication_error")
      }
      for key in ["first", "second"] {
        let answer = try await server.post(
          "/v1/chat/completions", body, headers: ["Authorization: Bearer \(key)"])
        #expect(answer.status == 200)
      }
      for path in ["/health", "/v1/models", "/version"] {
        #expect(try await server.get(path).status == 200)
      }
    }
  }

  @Test("health is a 503 while the model is loaded, and a request waits for it")
  func loading() async throws {
    let gate = DispatchSemaphore(value: 0)
    let offer = TestServer.offer(before: { gate.wait() })
    try await TestServer.with(offers: [offer]) { server in
      var health = try await server.get("/health")
      #expect(health.status == 503)
      #expect(health["model"] as? String == TestServer.model)
      async let answer = server.post(
        "/v1/chat/completions",
        #"{"model": "InternVL3-Demo", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}"#
      )
      gate.signal()
      #expect(try await answer.status == 200)
      health = try await server.get("/health")
      #expect(health.status == 200)
      #expect(health["status"] as? String == "ok")
    }
  }

  @Test("a client that goes away frees its place")
  func departure() async throws {
    try await TestServer.with(parallel: 1, queue: 0) { server in
      let body =
        #"{"model": "InternVL3-Demo", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 900}"#
      for isStreamed in [false, true] {
        let body = isStreamed ? body.dropLast() + #", "stream": true}"# : body[...]
        var connection: Connection? = try Connection(port: server.port)
        connection?.send(
          Array(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
              .utf8))
        if isStreamed { _ = connection?.read(10) }
        connection = nil
        var statuses: [Int] = []
        while statuses.last != 200, statuses.count < 2000 {
          statuses.append(
            try await server.post(
              "/v1/chat/completions",
              #"{"model": "InternVL3-Demo", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}"#
            ).status)
        }
        #expect(statuses.last == 200)
      }
    }
  }

  @Test("a client that asks for much and reads nothing is left, and makes room for the next")
  func stalledClient() async throws {
    var limits = Limits()
    limits.connections = 1
    limits.idleSeconds = 1
    try await TestServer.with(ServerSettings(limits: limits)) { server in
      let connection = try Connection(port: server.port)
      // More than the buffers of both ends hold.
      let request = "GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
      connection.send(Array(String(repeating: request, count: 2000).utf8))
      let answer = try await server.get("/version")
      #expect(answer.status == 200)
      withExtendedLifetime(connection) {}
    }
  }

  @Test("a port that is taken is an error that says so")
  func takenPort() async throws {
    try await TestServer.with { server in
      let error = await #expect(throws: ServerError.self) {
        try await TestServer.with(ServerSettings(address: .host("127.0.0.1", port: server.port))) {
          _ in Issue.record("two servers on one port")
        }
      }
      #expect(error.map { "\($0)".hasPrefix("cannot listen there: ") } == true)
    }
  }

  @Test("a model that cannot be loaded ends the server with the reason")
  func unloadable() async throws {
    struct Broken: Error {}
    await #expect(throws: Broken.self) {
      try await TestServer.with(offers: [TestServer.offer(before: { throw Broken() })]) { _ in }
    }
  }

  @Test("the log has a line a request, without text unless it is asked for")
  func log() async throws {
    for isAsked in [false, true] {
      let lines = LogLines()
      try await TestServer.with(
        ServerSettings(logsRequests: isAsked), log: RecordingLog(lines: lines)
      ) { server in
        _ = try await server.post(
          "/v1/chat/completions",
          #"{"model": "InternVL3-Demo", "messages": [{"role": "user", "content": "Tell nobody"}], "max_tokens": 2}"#
        )
      }
      let line = try #require(lines.all.first { $0.contains("/chat/completions") })
      #expect(line.hasPrefix("POST /chat/completions 200 model=InternVL3-Demo prompt_tokens="))
      #expect(line.contains("Tell nobody") == isAsked)
    }
  }
}

/// Lines of a log, from any thread.
private final class LogLines: Sendable {
  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

private struct RecordingLog: LogHandler {
  let lines: LogLines
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { lines.add("\(event.message)") }
}
