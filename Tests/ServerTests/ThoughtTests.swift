import Foundation
import InternVL
import TestSupport
import Testing

@testable import Server

@Suite("Thoughts before answers", .serialized)
struct ThoughtTests {
  private static let question = "Describe the picture."

  @Test("a chat has what the model thought beside its text, whole and streamed")
  func chat() async throws {
    try await withThinkingServer { server, expected in
      let whole = try await server.post("/v1/chat/completions", TestServer.chat(Self.question))
      #expect(whole["choices.0.message.content"] as? String == expected.text)
      #expect(whole["choices.0.message.reasoning_content"] as? String == expected.reasoning)
      #expect(
        whole["usage.completion_tokens_details.reasoning_tokens"] as? Int
          == expected.reasoningTokens)
      let stream = try await server.post(
        "/v1/chat/completions", TestServer.chat(Self.question, #""stream": true"#))
      let thoughts = pieces(of: stream.events, "choices.0.delta.reasoning_content")
      let texts = pieces(of: stream.events.dropFirst(), "choices.0.delta.content")
      #expect(thoughts.map(\.text).joined() == expected.reasoning)
      #expect(texts.map(\.text).joined() == expected.text)
      let (last, first) = (try #require(thoughts.last), try #require(texts.first))
      // The first event, which names the role, was dropped from the texts.
      #expect(last.index <= first.index)
    }
  }

  @Test("ollama's interface has it beside its text, whole and streamed")
  func ollama() async throws {
    let image = Data(try TestServer.picture()).base64EncodedString()
    let chat =
      #""messages": [{"role": "user", "content": "\#(Self.question)", "images": ["\#(image)"]}]"#
    let generate = #""prompt": "\#(Self.question)", "images": ["\#(image)"]"#
    try await withThinkingServer { server, expected in
      for (path, asked, thought, text) in [
        ("/api/chat", chat, "message.thinking", "message.content"),
        ("/api/generate", generate, "thinking", "response"),
      ] {
        let body = #"{"model": "InternVL3-Demo", "options": {"num_predict": 24}, \#(asked)"#
        let whole = try await server.post(path, body + #", "stream": false}"#)
        #expect(whole[text] as? String == expected.text)
        #expect(whole[thought] as? String == expected.reasoning)
        let lines = try await server.post(path, body + "}").body.split(separator: "\n").compactMap {
          try? JSONSerialization.jsonObject(with: Data($0.utf8))
        }
        #expect(pieces(of: lines, text).map(\.text).joined() == expected.text)
        #expect(pieces(of: lines, thought).map(\.text).joined() == expected.reasoning)
      }
    }
  }

  @Test("a response has the text alone")
  func response() async throws {
    try await withThinkingServer { server, expected in
      let url = try TestServer.dataURL()
      let body = """
        {"model": "InternVL3-Demo", "max_output_tokens": 24, "input": [{"role": "user", "content": [
          {"type": "input_image", "image_url": "\(url)"},
          {"type": "input_text", "text": "\(Self.question)"}]}]
        """
      let whole = try await server.post("/v1/responses", body + "}")
      #expect(whole["output.0.content.0.text"] as? String == expected.text)
      let stream = try await server.post("/v1/responses", body + #", "stream": true}"#)
      #expect(stream.body.contains(#""text":"\#(expected.text)""#))
      #expect(!stream.body.contains(try #require(expected.reasoning)))
    }
  }

  // MARK: - A model that thinks

  /// Runs a server of a model that thinks; gives what it thinks and answers without a server.
  private func withThinkingServer(_ body: (HTTPProbe, Reply) async throws -> Void) async throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.url.appending(path: "model")
    try makeThinkingModel(folder)
    let expected = try TestServer.expected(Self.question, folder: folder)
    #expect(expected.reasoning?.contains("circle") == true)
    #expect(!expected.text.isEmpty)
    try await TestServer.with(offers: [TestServer.offer(folder: folder)]) { server in
      try await body(server, expected)
    }
  }

  /// Copies the demo model with the marks of a thought in place of two tokens that it does not need.
  ///
  /// It says them where it said "Three" and put commas.
  private func makeThinkingModel(_ folder: URL) throws {
    try FileManager.default.copyItem(at: TestServer.folder, to: folder)
    for name in ["added_tokens.json", "tokenizer_config.json", "special_tokens_map.json"] {
      let file = folder.appending(path: name)
      let text = try String(contentsOf: file, encoding: .utf8)
      try text.replacing("\"<ref>\"", with: "\"<think>\"")
        .replacing("\"</ref>\"", with: "\"</think>\"")
        .write(to: file, atomically: true, encoding: .utf8)
    }
    let file = folder.appending(path: "model.safetensors")
    var bytes = [UInt8](try Data(contentsOf: file))
    let headerBytes = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(
      JSONSerialization.jsonObject(with: Data(bytes[8..<8 + headerBytes])) as? [String: Any])
    let head = try #require(header["language_model.lm_head.weight"] as? [String: Any])
    let start = try #require((head["data_offsets"] as? [Int])?.first) + 8 + headerBytes
    let rowBytes = try #require((head["shape"] as? [Int])?.last) * 2
    for (said, mark) in [(654, 908), (11, 909)] {
      for byte in start..<start + rowBytes {
        bytes.swapAt(byte + said * rowBytes, byte + mark * rowBytes)
      }
    }
    try Data(bytes).write(to: file)
  }

  /// The texts at a path of a stream's events, and where they stand.
  private func pieces(
    of events: some Sequence<Any>, _ path: String
  ) -> [(index: Int, text: String)] {
    events.enumerated().compactMap { index, event in
      (HTTPProbe.Answer.value(in: event, path) as? String).map { (index, $0) }
    }
  }
}
