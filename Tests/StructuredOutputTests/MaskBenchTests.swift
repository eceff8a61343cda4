import Foundation
import JSON
import TestSupport
import Testing

@testable import StructuredOutput

/// Where the sample is.
enum MaskBench {
  static let sample = try? Data(
    contentsOf: SharedFixtures.root.deletingLastPathComponent()
      .appending(path: "maskbench/sample.jsonl"))
}

/// A sample of the schemas that people write, with values that fit them and values that do not.
@Suite("MaskBench's sample", .enabled(if: MaskBench.sample != nil))
struct MaskBenchTests {
  @Test("most schemas compile, no wrong value fits, and hardly a right one is refused")
  func sampleResults() throws {
    var (schemas, compiled, valid, accepted) = (0, 0, 0, 0)
    var wrong: [String] = []
    for line in try #require(MaskBench.sample).split(separator: UInt8(ascii: "\n")) {
      let row = try OrderedJSON(Array(line).span.bytes)
      let schema = try #require(row["schema"])
      schemas += 1
      guard let grammar = try? SchemaCompiler.compile(schema) else { continue }
      compiled += 1
      guard case .array(let tests)? = row["tests"] else { continue }
      for test in tests {
        let fits = grammar.allows(try #require(test["data"]).compact)
        if test["valid"] == .bool(true) {
          valid += 1
          accepted += fits ? 1 : 0
        } else if fits {
          wrong.append(try #require(row["id"]).summary)
        }
      }
    }
    #expect(Double(compiled) >= 0.77 * Double(schemas))
    #expect(Double(accepted) >= 0.995 * Double(valid))
    #expect(wrong.isEmpty)
  }
}
