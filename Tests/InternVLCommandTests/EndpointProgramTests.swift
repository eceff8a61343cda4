import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Servers on the command line", .enabled(if: FakeEngine.isPresent))
struct EndpointProgramTests {
  private let picture = SharedFixtures.projectRoot
    .appending(path: "demo/pictures/three-shapes.png").path

  private func ask(
    _ kind: String, _ arguments: String..., environment: [String: String] = [:]
  ) throws -> Program.Result {
    try Program.run(
      ["launch", "-p", "What is it?", "-e", FakeEngine.shared.address(kind)] + arguments,
      environment: environment)
  }

  @Test("a server's answer is printed, and its picture is sent as PNG")
  func answer() throws {
    let result = try ask("good", "--image", picture)
    #expect(result.output == "A red circle.\n")
    #expect(result.errors == "")
    #expect(result.status == 0)
    let request = try ask("echo", "--image", picture, "--max-tokens", "7")
    #expect(request.output.contains(#""url": "data:image/png;base64,"#))
    #expect(request.output.contains(#""max_tokens": 7"#))
  }

  @Test("fields that not every server knows are sent only where they are asked for")
  func drawn() throws {
    let usual = try ask("echo", "--temperature", "0.5", "--top-p", "0.9")
    #expect(usual.output.contains(#""temperature": 0.5, "top_p": 0.9}"#))
    let given = try ask("echo", "--temperature", "0.5", "--top-k", "50")
    #expect(given.output.contains(#""top_k": 50"#))
  }

  @Test("JSON says which engine answered")
  func json() throws {
    struct Answer: Decodable {
      struct Usage: Decodable { let prompt_tokens: Int, completion_tokens: Int, total_tokens: Int }
      let engine: String, endpoint: String, model: String, text: String, finish_reason: String
      let usage: Usage
    }
    let result = try ask("good", "--json", "1b")
    let answer = try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    #expect(answer.engine == "endpoint")
    #expect(answer.endpoint == FakeEngine.shared.address("good"))
    #expect(answer.model == "InternVL3-1B")
    #expect(answer.text == "A red circle.")
    #expect(answer.finish_reason == "stop")
    #expect(answer.usage.total_tokens == 284)
  }

  @Test("an answer that the server cut is said to be cut")
  func cut() throws {
    let result = try ask("undone")
    #expect(result.output == "A red circle.\n")
    #expect(result.errors.contains("the answer is cut after 4 tokens; raise --max-tokens"))
  }

  @Test("Ctrl-C ends a server's answer and keeps what there is of it")
  func interrupted() throws {
    let result = try Program.run(
      ["launch", "-p", "x", "-e", FakeEngine.shared.address("endless")], isInterrupted: true)
    #expect(result.status == 130)
    #expect(result.output.hasPrefix("on and "))
  }

  @Test("a key comes from the environment")
  func key() throws {
    let result = try ask("key", environment: ["INTERNVL_API_KEY": "secret"])
    #expect(result.output == "A red circle.\n")
  }

  @Test("a server with several models is asked by the name of one")
  func models() throws {
    #expect(try ask("two", "InternVL3-9B").status == 2)
    // It answers as another model than the one that was asked.
    #expect(
      try ask("two", "8b", "-f", "pytorch").errors.contains("OpenGVLab/InternVL3-8B was asked"))
    #expect(try ask("two", "-n", "InternVL3-1B").output == "A red circle.\n")
  }

  @Test("the sentences about servers read as recorded")
  func sentences() throws {
    let kinds = [
      "html", "missing", "whole", "key", "two", "none", "text500", "json400", "middle", "cut",
      "broken", "page", "other",
    ]
    let port = try #require(FakeEngine.shared.address("").firstMatch(of: /:(\d+)/)).1
    let sentences = try kinds.map { kind in
      let result = try ask(kind)
      return "\(result.status) \(result.errors.replacing(port, with: "8000"))"
    }
    try expectSnapshot(sentences.joined(), "endpoint")
  }

  @Test(
    "what a server cannot do is wrong usage",
    arguments: [
      (["--max-tiles", "2"], "--max-tiles is for the native engine, not for a server"),
      (["--model-engine", "vLLM"], "only one of --model-engine and --endpoint"),
      (["-e", "http://127.0.0.1:8"], "give one --endpoint"),
      (["--dry-run"], "--dry-run needs a --model-engine"),
      (["--schema", "title, tags[]"], "give --schema a JSON Schema"),
      (["--precision", "fast"], "--precision is for the native engine"),
    ])
  func refused(arguments: [String], sentence: String) throws {
    let result = try Program.run(
      ["launch", "-p", "x", "-e", "http://127.0.0.1:9"] + arguments)
    #expect(result.status == 2)
    #expect(result.errors.contains(sentence), "\(result.errors)")
  }
}
