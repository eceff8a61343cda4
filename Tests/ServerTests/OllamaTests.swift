import Foundation
import InternVL
import Testing

@testable import Server

@Suite("ollama's interface", .serialized)
struct OllamaTests {
  private func body(_ more: String) throws -> String {
    let image = Data(try TestServer.picture()).base64EncodedString()
    return """
      {"model": "InternVL3-Demo:latest", "options": {"num_predict": 24}, \(more.replacing("IMAGE", with: image))}
      """
  }

  @Test("chat and generate give the model's text, as lines and whole")
  func answers() async throws {
    let expected = try TestServer.expected("Describe the picture.").text
    try await TestServer.with { server in
      let chat =
        #""messages": [{"role": "user", "content": "Describe the picture.", "images": ["IMAGE"]}]"#
      let generate = #""prompt": "Describe the picture.", "images": ["IMAGE"]"#
      for (path, more, key) in [
        ("/api/chat", chat, "message.content"), ("/api/generate", generate, "response"),
      ] {
        let whole = try await server.post(path, body(more + #", "stream": false"#))
        #expect(whole[key] as? String == expected)
        #expect(whole["done"] as? Bool == true)
        #expect((whole["prompt_eval_count"] as? Int ?? 0) > 0)
        let stream = try await server.post(path, body(more))
        #expect(stream.headers["content-type"] == "application/x-ndjson")
        let lines = stream.body.split(separator: "\n").map {
          try? JSONSerialization.jsonObject(with: Data($0.utf8))
        }
        let text = lines.compactMap { HTTPProbe.Answer.value(in: $0, key) as? String }
        #expect(text.joined() == expected)
        #expect(lines.count > 2)
        #expect(HTTPProbe.Answer.value(in: lines.last ?? nil, "done") as? Bool == true)
      }
    }
  }

  @Test("models, details and version, and errors in ollama's shape")
  func models() async throws {
    try await TestServer.with { server in
      #expect(try await server.get("/api/tags")["models.0.name"] as? String == TestServer.model)
      let show = try await server.post("/api/show", #"{"model": "InternVL3-Demo"}"#)
      #expect(show["capabilities"] as? [String] == ["completion", "vision"])
      #expect(try await server.get("/api/version")["version"] is String)
      let unknown = try await server.post("/api/chat", #"{"model": "llama3", "messages": []}"#)
      #expect(unknown.status == 404)
      #expect(unknown["error"] is String)
      let broken = try await server.post(
        "/api/generate", #"{"model": "InternVL3-Demo", "prompt": "x", "images": ["@@"]}"#)
      #expect(broken.status == 400)
      #expect(broken["error"] is String)
    }
  }
}
