public import ArgumentParser
import Foundation
public import InternVL
import Kernels

/// `internvl bench`: how fast the stages are here, and what share of the machine's limits that is.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures each stage of a model on this machine.",
    discussion: """
      Measures the machine's limits first (memory read, int8 and float32 arithmetic), then one tile, \
      prompts, decoding at several depths and decoding of several conversations together, each \
      with its share of the limit that bounds it. Values are medians.
      """)

  @Option(help: "The checkpoint folder.")
  var modelPath: String

  @Option(help: "Arithmetic: exact or fast. By default exact for pytorch, fast for awq.")
  var precision: Precision?

  @Option(help: "Threads. By default one a processor.")
  var threads: Int?

  @Option(help: "Prompt lengths to measure, separated by commas.")
  var prefill = "128,512,2048,4096"

  @Option(help: "Depths at which to measure decoding, separated by commas.")
  var depth = "0,2048,4096"

  @Option(help: "Numbers of conversations to decode together, separated by commas.")
  var batch = "2,4,8"

  @Flag(help: "Prints one JSON object.")
  var json = false

  func run() throws {
    let rows = try Benchmark(self).run()
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      print(String(decoding: try encoder.encode(rows), as: UTF8.self))
    } else {
      for row in rows { print(row.line) }
    }
  }
}

extension Precision: ExpressibleByArgument {}
