public import ArgumentParser
import Foundation
public import InternVL
package import Kernels
import Models
import Registry

/// `internvl bench`: how fast the stages are here, and what share of the machine's limits that is.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures each stage of a model on this machine.",
    discussion: """
      Measures one tile, prompts, decoding at several depths and decoding of several conversations \
      together, each with its share of the limit that bounds it: memory read, int8 or float32 \
      arithmetic, which are measured before and after each run. Values are medians; \
      the best run stands beside them, because neighbours on a shared machine only slow a run down.
      """)

  @Argument(
    help: "A model that is here: InternVL3-8B-AWQ or 8b-awq.", completion: .modelNames)
  var model: String?

  @Option(
    help: ArgumentHelp("A checkpoint folder, instead of a model by name.", valueName: "folder"),
    completion: .directory)
  var modelPath: String?

  @Option(
    help: ArgumentHelp(
      "Arithmetic: exact or fast. (default: exact for pytorch, fast for awq)", valueName: "name"))
  var precision: Precision?

  @Option(
    help: ArgumentHelp("Threads to use. (default: one a processor)", valueName: "count"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "Vector instructions to use. (default: the best of this machine)", valueName: "name"))
  var instructionSet: InstructionSet?

  @Option(
    help: ArgumentHelp("Prompt lengths to measure, separated by commas.", valueName: "tokens"))
  var prefill: NumberList = "128,512,2048,4096"

  @Option(
    help: ArgumentHelp(
      "Depths at which to measure decoding, separated by commas.", valueName: "tokens"))
  var depth: NumberList = "0,2048,4096"

  @Option(
    help: ArgumentHelp(
      "Numbers of conversations to decode together, separated by commas.", valueName: "counts"))
  var batch: NumberList = "2,4,8"

  @Flag(help: "Prints a JSON array, one object a row.")
  var json = false

  func validate() throws {
    guard (model == nil) != (modelPath == nil) else {
      throw ValidationError("name a model, or a folder with --model-path.")
    }
    if let threads { try check("--threads", threads, in: 1...1024) }
    if let instructionSet, !InstructionSet.available.contains(instructionSet) {
      throw ValidationError("this machine has no \(instructionSet)")
    }
    guard prefill.values.allSatisfy({ $0 > 0 }) else {
      throw ValidationError("--prefill takes lengths from 1 on")
    }
    guard batch.values.allSatisfy({ 1...64 ~= $0 }) else {
      throw ValidationError("--batch takes numbers from 1 to 64")
    }
  }

  /// The folder that was named, or that of the model that was.
  func folder() throws -> String {
    try modelPath ?? ModelCatalog(Registry.builtIn()).folder(named: model ?? "")
  }

  func run() throws {
    let rows = try Benchmark(self).run()
    if json {
      try StandardOutput.write(json: rows)
    } else {
      try StandardOutput.write(rows.map { $0.line + "\n" }.joined())
    }
  }
}

extension Precision: ExpressibleByArgument {}

extension InstructionSet: ExpressibleByArgument {
  package init?(argument: String) {
    guard let set = Self.allCases.first(where: { "\($0)" == argument }) else { return nil }
    self = set
  }

  package static var allValueStrings: [String] { allCases.map { "\($0)" } }
}

/// Numbers of tokens or sequences, separated by commas; 32,768 at most, the context of the models.
struct NumberList: ExpressibleByArgument, ExpressibleByStringLiteral {
  let values: [Int]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { Int($0) }
    guard values.count == parts.count, values.allSatisfy({ 0...1 << 15 ~= $0 }) else { return nil }
    self.values = values
  }

  init(stringLiteral list: StaticString) {
    values = "\(list)".split(separator: ",").compactMap { Int($0) }
  }

  var defaultValueDescription: String { values.map(String.init).joined(separator: ",") }
}
