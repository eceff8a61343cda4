import ArgumentParser
import Captioning
import Files
import Foundation

/// `internvl caption merge`: the outputs of shards as one.
struct CaptionMergeCommand: ParsableCommand {
  static let name = "caption-merge"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Joins the outputs of shards, and says what is missing or twice.",
    usage: "internvl caption merge <shards> ... [--output <file>] [--of <path> ...]",
    discussion: """
      Rows come in the order of their names. The exit status is 3 where shards or pictures are \
      missing.

      Example: internvl caption merge captions-*-of-8.jsonl --output captions.jsonl --of photos/
      """)

  @Argument(help: "The shards' outputs, all of one format.", completion: .file())
  var shards: [String]

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The file for all rows; - or nothing: standard output.", valueName: "file"),
    completion: .file())
  var output: String?

  @Option(
    name: .customLong("of"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "What was captioned, to see which pictures have no row. Repeatable.", valueName: "path"),
    completion: .file())
  var originals: [String] = []

  func run() throws {
    var merge = ShardMerge()
    for path in shards { try merge.add(path) }
    let missing =
      try originals.isEmpty ? [] : merge.missing(of: PictureFinder().find(originals).items)
    if let output, output != "-" {
      try merge.write(to: output)
    } else {
      try merge.write { try StandardOutput.write($0) }
    }
    tell(merge, missing)
    let lacking = missing.count + merge.missingShards.count
    if lacking > 0 { throw CommandError.failures(lacking) }
  }

  private func tell(_ merge: ShardMerge, _ missing: [CaptionItem]) {
    for path in merge.unfinished {
      StandardError.say("internvl: '\(path)' ends in an unfinished row; its run was interrupted")
    }
    StandardError.sayFirst(merge.differences.map { "other settings in some rows: \($0)" })
    StandardError.sayFirst(merge.repeated.map { "twice: \($0)" })
    StandardError.sayFirst(merge.missingShards.map { "missing shard: \($0)" })
    StandardError.sayFirst(missing.map { "missing: \($0.path)" })
    StandardError.say(
      "\(Units.count(merge.count, "picture")) from \(Units.count(shards.count, "file")), "
        + "\(merge.failed) failed, \(merge.repeated.count) twice"
        + (originals.isEmpty ? "" : ", \(missing.count) missing"))
  }
}
