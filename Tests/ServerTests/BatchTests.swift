import Files
import Foundation
import InternVL
import TestSupport
import Testing

@testable import Server

@Suite("Batches of requests from a file", .serialized)
struct BatchTests {
  private func run(
    _ lines: String, _ results: URL, offer: ModelOffer = TestServer.offer()
  ) async throws -> (BatchRun.Summary, [String: Any]) {
    let batch = BatchRun(ServerSettings(), offer: offer, width: 4)
    let summary = try await batch.run(
      try BatchFile.rows(Array(lines.utf8)), into: try BatchResultFile(results.path),
      isCancelled: { false })
    var rows: [String: Any] = [:]
    for line in try String(contentsOf: results, encoding: .utf8).split(separator: "\n") {
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8))
      let id = try #require(HTTPProbe.Answer.value(in: row, "custom_id") as? String)
      #expect(rows[id] == nil, "\(id) has two results")
      rows[id] = row
    }
    return (summary, rows)
  }

  private func row(_ id: String, _ body: String) -> String {
    let body = body.replacing("\n", with: " ")
    return
      #"{"custom_id": "\#(id)", "method": "POST", "url": "/v1/chat/completions", "body": \#(body)}"#
      + "\n"
  }

  @Test("each row has its answer or its error, and a second run does only what is left")
  func resume() async throws {
    let folder = try TemporaryFolder()
    let results = folder.url.appending(path: "results.jsonl")
    let expected = try TestServer.expected("Describe the picture.").text
    let first =
      try row("one", TestServer.chat("Describe the picture.")) + "\n"
      + row("two", #"{"messages": [], "temperature": 9}"#)
    let (summary, rows) = try await run(first, results)
    #expect(summary == BatchRun.Summary(answered: 1, failed: 1, skipped: 0))
    #expect(
      HTTPProbe.Answer.value(in: rows["one"], "response.body.choices.0.message.content")
        as? String == expected)
    #expect(HTTPProbe.Answer.value(in: rows["one"], "response.status_code") as? Int == 200)
    #expect(HTTPProbe.Answer.value(in: rows["two"], "response.status_code") as? Int == 400)
    // A crash in the middle of a row.
    let handle = try FileHandle(forWritingTo: results)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(#"{"custom_id": "thr"#.utf8))
    try handle.close()
    let (again, all) = try await run(
      first + row("three", TestServer.chat("Describe the picture.")), results)
    #expect(again == BatchRun.Summary(answered: 1, failed: 0, skipped: 2))
    #expect(all.keys.sorted() == ["one", "three", "two"])
  }

  @Test("rows that want many answers find room beside each other")
  func severalAnswers() async throws {
    let folder = try TemporaryFolder()
    let body = #"{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1, "n": 16}"#
    let (summary, _) = try await run(
      (0..<6).map { row("\($0)", body) }.joined(),
      folder.url.appending(path: "results.jsonl"), offer: TestServer.offer(parallel: 1))
    #expect(summary == BatchRun.Summary(answered: 6, failed: 0, skipped: 0))
  }

  @Test("no model is loaded where every row has its result")
  func nothingLeft() async throws {
    struct Loaded: Error {}
    let folder = try TemporaryFolder()
    let results = folder.url.appending(path: "results.jsonl")
    _ = try await run(row("one", "{}"), results)
    let (summary, _) = try await run(
      row("one", "{}"), results, offer: TestServer.offer(before: { throw Loaded() }))
    #expect(summary == BatchRun.Summary(answered: 0, failed: 0, skipped: 1))
  }

  @Test("rows without a name, with a name twice, or that are no JSON are refused with their line")
  func badRows() {
    for (text, line) in [("{}\n", 1), ("\n[]\n", 2), ("{\"custom_id\": 3}", 1), ("x", 1)] {
      let error = #expect(throws: BatchError.self) { try BatchFile.rows(Array(text.utf8)) }
      guard case .badRow(line, _)? = error else {
        Issue.record("\(text): \(String(describing: error))")
        continue
      }
    }
    #expect(throws: BatchError.doubleID("a")) {
      try BatchFile.rows(Array((row("a", "{}") + row("a", "{}")).utf8))
    }
  }

  @Test("a file that holds something else is not touched")
  func otherFile() throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "notes.txt")
    try Data("My notes\n".utf8).write(to: file)
    #expect(throws: BatchError.notResults(path: file.path, line: 1)) {
      try BatchResultFile(file.path)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == "My notes\n")
  }
}
