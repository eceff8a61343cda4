import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Batches by servers", .enabled(if: FakeEngine.isPresent))
struct BatchEndpointProgramTests {
  private let folder: TemporaryFolder
  private var results: URL { folder.url.appending(path: "results.jsonl") }

  init() throws { folder = try TemporaryFolder() }

  private func row(_ id: String, _ body: String = #"{"messages": []}"#) -> String {
    #"{"custom_id": "\#(id)", "url": "/v1/chat/completions", "body": \#(body)}"# + "\n"
  }

  private func batch(_ rows: String, servers: String..., options: [String] = []) throws
    -> Program.Result
  {
    let requests = try folder.write(rows, to: "requests.jsonl")
    return try Program.run(
      ["batch", requests.path, "--output", results.path]
        + servers.flatMap { ["--endpoint", FakeEngine.shared.address($0)] } + options)
  }

  private struct Row: Decodable {
    struct Response: Decodable {
      struct Body: Decodable {
        struct Choice: Decodable {
          struct Message: Decodable { let content: String }
          let message: Message
        }
        struct Fault: Decodable { let message: String }
        let choices: [Choice]?
        let error: Fault?
      }
      let status_code: Int
      let body: Body
    }
    let custom_id: String, response: Response
  }

  private func readRows() throws -> [String: Row] {
    let rows = try String(contentsOf: results, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Row.self, from: Data($0.utf8))
    }
    return Dictionary(uniqueKeysWithValues: rows.map { ($0.custom_id, $0) })
  }

  @Test("several servers answer together, and a second run does what is left")
  func answers() throws {
    let rows = (1...5).map { row("\($0)") }.joined()
    let first = try batch(rows, servers: "good", "undone", options: ["--parallel", "2"])
    // The second one streams what should be one piece.
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.errors.contains("is asked no more"))
    #expect(first.errors.hasSuffix("5 answered, 0 skipped, 0 failed\n"))
    #expect(
      try readRows().values.allSatisfy {
        $0.response.body.choices?.first?.message.content == "A red circle."
      })
    let second = try batch(rows + row("six"), servers: "good")
    #expect(second.errors == "1 answered, 5 skipped, 0 failed\n")
    #expect(try readRows().count == 6)
  }

  @Test("a row goes on as it is, to the server's model and in one piece")
  func request() throws {
    let body =
      #"{"model": "mine", "stream": true, "messages": [], "seed": 7, "new_field": {"b": 1, "a": 2}}"#
    #expect(try batch(row("a", body), servers: "echo").status == 0)
    #expect(
      try String(contentsOf: results, encoding: .utf8).contains(
        #""body":{"model": "InternVL3-1B", "messages": [], "seed": 7, "new_field": {"b": 1, "a": 2}}}}"#
      ))
  }

  @Test("a row that a server refuses, or that is none, has the reason as its result")
  func refused() throws {
    let picture =
      #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "/etc/passwd"}}]}]}"#
    let result = try batch(row("a") + row("b", picture), servers: "json400")
    #expect(result.status == 3)
    let rows = try readRows()
    #expect(rows["a"]?.response.status_code == 400)
    #expect(rows["a"]?.response.body.error?.message.contains("512 tokens") == true)
    #expect(rows["b"]?.response.body.error?.message.contains("send pictures as data: URLs") == true)
  }

  @Test("a plain text with status 500 is the result of its row")
  func failed() throws {
    #expect(try batch(row("a"), servers: "text500").status == 3)
    #expect(
      try readRows()["a"]?.response.body.error?.message
        == "the server failed (status 500): Internal Server Error")
  }

  @Test("where no server is left, the run ends and goes on another time")
  func lost() throws {
    let result = try batch(row("a"), servers: "undone")
    #expect(result.status == 1)
    #expect(try batch(row("a"), servers: "good").status == 0)
  }

  @Test(
    "what a server cannot do is wrong usage",
    arguments: [
      ["--precision", "fast"], ["--model-path", "x"], ["-en", "vLLM"], ["--adapter", "x"],
    ])
  func wrong(arguments: [String]) throws {
    let result = try batch(row("a"), servers: "good", options: arguments)
    #expect(result.status == 2, "\(result.errors)")
  }
}
