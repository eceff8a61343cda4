import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Captions from servers", .enabled(if: FakeEngine.isPresent))
struct CaptionEndpointProgramTests {
  private let folder: TemporaryFolder
  private var rows: URL { folder.url.appending(path: "rows.jsonl") }

  /// With five pictures.
  init() throws {
    folder = try TemporaryFolder()
    let picture = try Data(
      contentsOf: SharedFixtures.projectRoot.appending(path: "demo/pictures/three-shapes.png"))
    for number in 1...5 { try folder.write(Array(picture), to: "photos/\(number).png") }
  }

  private func caption(_ arguments: String..., servers: String...) throws -> Program.Result {
    try Program.run(
      ["caption", folder.url.appending(path: "photos").path, "--output", rows.path]
        + servers.flatMap { ["--endpoint", FakeEngine.shared.address($0)] } + arguments)
  }

  private struct Row: Decodable {
    let image: String, caption: String?, error: String?, settings: [String: String]?
  }

  private func readRows() throws -> [Row] {
    try String(contentsOf: rows, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Row.self, from: Data($0.utf8))
    }
  }

  @Test("several servers caption together, and a second run has nothing to do")
  func captions() throws {
    let first = try caption("--parallel", "2", servers: "good", "thinking")
    #expect(first.status == 0, "\(first.errors)")
    let written = try readRows()
    #expect(Set(written.map(\.image)).count == 5)
    #expect(Set(written.map(\.caption)) == ["A red circle.", "Yes."])
    #expect(written.allSatisfy { $0.settings?["engine"] == "endpoint" })
    #expect(written.allSatisfy { $0.settings?["model"] == "InternVL3-1B" })
    #expect(try caption(servers: "good").status == 0)
    #expect(try readRows().count == 5)
  }

  @Test("the pictures of a server that breaks off go to another one")
  func lost() throws {
    let result = try caption(servers: "cut", "good")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try readRows().map(\.caption) == Array(repeating: "A red circle.", count: 5))
    #expect(result.errors.contains("is asked no more: the connection ended before the answer did"))
  }

  @Test("where no server is left, the run ends and goes on another time")
  func allLost() throws {
    let result = try caption(servers: "cut", "other")
    #expect(result.status == 1)
    #expect(try caption(servers: "good").status == 0)
    #expect(try readRows().count == 5)
  }

  @Test("a picture that a server refuses gets a row with its words")
  func refused() throws {
    let result = try caption(servers: "json400")
    #expect(result.status == 3)
    #expect(
      try readRows().allSatisfy {
        $0.error?.hasSuffix("This model's maximum context length is 512 tokens.") ?? false
      })
  }

  @Test(
    "what a server cannot do is wrong usage",
    arguments: [
      ["--precision", "fast"], ["--dry-run"], ["--max-tiles", "2"], ["--schema", "a, b"],
    ])
  func wrong(arguments: [String]) throws {
    let result = try Program.run(
      ["caption", folder.url.path, "-e", "http://127.0.0.1:9"] + arguments)
    #expect(result.status == 2, "\(result.errors)")
  }
}
