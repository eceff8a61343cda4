import Foundation
import TestSupport
import Testing

/// What `--schema` takes, as `inspect schema` says.
@Suite("Shapes of answers as arguments")
struct ShapeChoiceTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Whether the shape that an argument stands for allows a value; nil where it is refused.
  private func allows(
    _ value: String, _ argument: String, input: String = ""
  ) throws -> Bool? {
    let values = try folder.write(value, to: "values.jsonl")
    let result = try Program.run(
      [
        "-C", folder.url.path, Program.executable.path, "inspect", "schema", argument, "--values",
        values.path,
      ], input: Data(input.utf8), program: URL(filePath: "/usr/bin/env"))
    return result.status == 0 ? result.output == "true\n" : nil
  }

  @Test("a file and a pipe are read, a folder with a field's name is not")
  func files() throws {
    let schema = #"{"type": "integer"}"#
    try folder.write(schema, to: "number")
    try folder.write("", to: "title/note.txt")
    #expect(try allows("3", "number") == true)
    #expect(try allows("3", "/dev/stdin", input: schema) == true)
    #expect(try allows(#"{"title":"A cat."}"#, "title") == true)
    #expect(try allows("3", "nowhere.json") == nil)
  }
}
