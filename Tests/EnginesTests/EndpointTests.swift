import Foundation
import Hub
import InternVL
import TestSupport
import Testing

@testable import Engines

@Suite("Servers that run", .enabled(if: FakeEngine.isPresent))
struct EndpointTests {
  private func endpoint(
    _ kind: String, key: String? = nil, patience: Duration = .seconds(60)
  ) throws -> Endpoint {
    try Endpoint(
      FakeEngine.shared.address(kind), key: key, settings: TransportSettings(), patience: patience)
  }

  private func question(
    _ text: String = "What is it?", options: GenerationOptions = GenerationOptions()
  ) -> EndpointQuestion {
    EndpointQuestion(
      model: "InternVL3-1B", messages: [Message(role: .user, content: text)],
      pictures: [EncodedPicture(mediaType: "image/png", bytes: [1, 2, 3])], options: options)
  }

  private func failure(
    _ kind: String, patience: Duration = .seconds(60)
  ) throws -> EndpointError? {
    do {
      _ = try endpoint(kind, patience: patience).answer(question(), isCancelled: { false })
      return nil
    } catch let error as EndpointError {
      return error
    }
  }

  @Test("an answer comes in pieces, with its counts and times")
  func answer() throws {
    var pieces: [String] = []
    let reply = try endpoint("good").answer(
      question(), isCancelled: { false }, onText: { pieces.append($0) })
    #expect(pieces == ["A ", "red ", "circle", "."])
    #expect(reply.text == "A red circle.")
    #expect(reply.finishReason == "stop")
    #expect(reply.usage == EndpointReply.Usage(prompt: 280, answer: 4))
    #expect(try #require(reply.timeToFirstToken) <= reply.seconds)
    #expect(reply.reasoning == nil)
  }

  @Test("an answer without [DONE], with other line ends and a version in the model's name is whole")
  func undone() throws {
    let reply = try endpoint("undone").answer(question(), isCancelled: { false })
    #expect(reply.text == "A red circle.")
    #expect(reply.finishReason == "length")
    #expect(reply.usage?.answer == 4)
  }

  @Test("a thought is told apart from the answer")
  func thinking() throws {
    var thought = ""
    let reply = try endpoint("thinking").answer(
      question(), isCancelled: { false }, onThought: { thought += $0 })
    #expect(reply.text == "Yes.")
    #expect(thought == "Hm.")
    #expect(reply.reasoning == thought)
  }

  @Test("pictures go as data URLs to their places, and only what is not usual is sent")
  func request() throws {
    var asked = question("Is <image> red?")
    asked.messages.insert(Message(role: .system, content: "Be brief."), at: 0)
    let usual = try endpoint("echo").answer(asked, isCancelled: { false }).text
    #expect(
      usual == """
        {"max_tokens": 1024, "messages": [{"content": "Be brief.", "role": "system"}, \
        {"content": [{"text": "Is ", "type": "text"}, {"image_url": {"url": \
        "data:image/png;base64,b70035bb of 4"}, "type": "image_url"}, {"text": " red?", \
        "type": "text"}], "role": "user"}], "model": "InternVL3-1B", "stream": true, \
        "stream_options": {"include_usage": true}, "temperature": 0}
        """)
    let options = GenerationOptions(
      maxTokens: 9, temperature: 0.5, topP: 0.9, topK: 50, seed: 7, stop: ["."],
      shape: try OutputShape(jsonSchema: Data(#"{"type":"boolean"}"#.utf8)))
    let drawn = try endpoint("echo").answer(question(options: options), isCancelled: { false }).text
    for part in [
      #""temperature": 0.5"#, #""top_p": 0.9"#, #""top_k": 50"#, #""seed": 7"#, #""stop": ["."]"#,
      #""max_tokens": 9"#, #""schema": {"type": "boolean"}"#,
      // Without a place, the picture stands in front.
      #"[{"image_url": {"url": "data:image/png;base64,b70035bb of 4"}, "type": "image_url"}, {"text""#,
    ] {
      #expect(drawn.contains(part), "\(part) in \(drawn)")
    }
  }

  @Test("an answer that is cancelled keeps what there is of it")
  func cancelled() throws {
    var pieces = 0
    let reply = try endpoint("endless").answer(
      question(), isCancelled: { pieces >= 2 }, onText: { _ in pieces += 1 })
    #expect(reply.isCancelled)
    #expect(reply.text.hasPrefix("on and on and "))
  }

  @Test(
    "each fault of a server is an error of its own",
    arguments: [
      ("text500", .failed(status: 500, message: "Internal Server Error")),
      (
        "json400",
        .refused(status: 400, message: "This model's maximum context length is 512 tokens.")
      ),
      ("fastapi422", .refused(status: 422, message: "Extra inputs")),
      ("middle", .failedInAnswer(message: "CUDA out of memory")),
      ("cut", .cut),
      ("broken", .brokenStream(#"{"choices": [{"delta""#)),
      ("page", .brokenStream("<html>Bad Gateway</html>")),
      ("other", .otherModel(asked: "InternVL3-1B", answering: "llama-7b")),
    ] as [(String, EndpointError)])
  func faults(kind: String, error: EndpointError) throws {
    #expect(try failure(kind) == error)
  }

  @Test("what is no answer of the interface is named", arguments: ["html", "whole", "missing"])
  func otherAnswers(kind: String) throws {
    guard case .notTheInterface(let address, let found)? = try failure(kind) else {
      Issue.record("\(String(describing: try failure(kind)))")
      return
    }
    #expect(address == FakeEngine.shared.address(kind) + "/chat/completions")
    #expect(["text/html", "application/json", "status 404"].contains(found))
  }

  @Test("a server that falls silent is not waited for for ever", arguments: ["hang", "stall"])
  func silence(kind: String) throws {
    #expect(
      try failure(kind, patience: .seconds(1)) == .silent(host: "127.0.0.1", seconds: 1))
  }

  @Test("a server that is not there is unreachable")
  func unreachable() throws {
    let nobody = try Endpoint("http://127.0.0.1:9", key: nil, settings: TransportSettings())
    #expect(nobody.address == "http://127.0.0.1:9/v1")
    do {
      _ = try nobody.answer(question(), isCancelled: { false })
      Issue.record("somebody answered")
    } catch EndpointError.unreachable(let host, _) {
      #expect(host == "127.0.0.1")
    }
  }

  @Test("a key is sent to a server that wants one")
  func keys() throws {
    #expect(
      try endpoint("key", key: "secret").answer(question(), isCancelled: { false }).text
        == "A red circle.")
    let address = FakeEngine.shared.address("key")
    for (key, isSent) in [(nil, false), ("wrong", true)] as [(String?, Bool)] {
      #expect(throws: EndpointError.unauthorized(address: address, keySent: isSent)) {
        try endpoint("key", key: key).answer(question(), isCancelled: { false })
      }
    }
  }

  @Test("the server's only model is taken, and one of several by its name")
  func models() throws {
    func model(_ kind: String, _ wanted: String?) throws -> String {
      try endpoint(kind).model(
        wanted: wanted, matches: { $0.hasSuffix(wanted ?? "") }, isCancelled: { false })
    }
    #expect(try model("good", nil) == "InternVL3-1B")
    #expect(try model("two", "InternVL3-8B") == "OpenGVLab/InternVL3-8B")
    let two = ["InternVL3-1B", "OpenGVLab/InternVL3-8B"]
    #expect(throws: EndpointError.chooseModel(models: two)) { try model("two", nil) }
    #expect(throws: EndpointError.noModel("9B", models: two)) { try model("two", "9B") }
    #expect(throws: EndpointError.chooseModel(models: [])) { try model("none", "9B") }
    do {
      _ = try model("html", nil)
      Issue.record("a page was taken for a list of models")
    } catch EndpointError.notTheInterface {}
  }

  @Test(
    "what is no address is refused",
    arguments: ["", "127.0.0.1:8000", "ftp://a/v1", "http://a/v1?key=1", "http://user:pw@a/v1"])
  func badAddresses(text: String) {
    #expect(throws: EndpointError.badAddress(text)) {
      try Endpoint(text, key: nil, settings: TransportSettings())
    }
  }
}

@Suite("Streams of events")
struct EventStreamTests {
  /// The events of a text that arrives in pieces of so many bytes.
  private func events(_ text: String, piece: Int) throws -> [String] {
    var stream = EventStream()
    var events: [String] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      try bytes[start..<min(start + piece, bytes.count)].withUnsafeBytes {
        events += try stream.append($0)
      }
    }
    return events
  }

  @Test("events are the same however they are cut", arguments: [1, 2, 3, 7, 1000])
  func pieces(piece: Int) throws {
    let text =
      ": ping\n\ndata: a é\ndata:b\n\nevent: x\r\nid: 1\r\ndata: c\r\n\r\ndata:  d\r\rdata: cut"
    #expect(try events(text, piece: piece) == ["a é\nb", "c", " d"])
  }

  @Test("a line that never ends is refused")
  func endless() {
    #expect(throws: EndpointError.self) {
      try events(String(repeating: "x", count: EventStream.maximumBytes + 1), piece: 65536)
    }
  }
}
