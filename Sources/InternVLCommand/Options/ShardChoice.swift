import ArgumentParser
import Captioning
import Foundation

/// Which share of the pictures is this process's.
struct ShardChoice: ParsableArguments {
  /// "2/4", or what the job's variables say.
  enum Choice: ExpressibleByArgument, Equatable {
    case fixed(Shard)
    case automatic

    init?(argument: String) {
      if argument == "auto" {
        self = .automatic
        return
      }
      let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
      guard parts.count == 2, let number = parts[0], let count = parts[1],
        let shard = Shard(number: number, of: count)
      else { return nil }
      self = .fixed(shard)
    }
  }

  @Option(
    help: ArgumentHelp(
      """
      Captions one of several shares of the pictures, such as 2/4, into an output of its own; auto \
      takes it from a Slurm array's or a Kubernetes job's variables.
      """, valueName: "i/n"))
  var shard: Choice?

  @Option(
    help: ArgumentHelp(
      "How many shares there are; which one this is comes from the job's variables.",
      valueName: "count"))
  var shards: Int?

  func validate() throws {
    if let shards { try check("--shards", shards, in: 1...1_000_000) }
    if case .fixed = shard, shards != nil {
      throw ValidationError("--shard says how many shares there are; leave out --shards.")
    }
  }

  /// Whether there are shares.
  var isGiven: Bool { shard != nil || shards != nil }

  /// The share; nil where all pictures are one's own.
  func shard(environment: [String: String]) throws(CommandError) -> Shard? {
    if case .fixed(let shard) = shard { return shard }
    guard isGiven else { return nil }
    func integer(_ name: String) -> Int? { environment[name].flatMap { Int($0) } }
    var number: Int?
    var count = shards
    if let id = integer("SLURM_ARRAY_TASK_ID") {
      let step = max(1, integer("SLURM_ARRAY_TASK_STEP") ?? 1)
      let first = integer("SLURM_ARRAY_TASK_MIN") ?? 0
      if id >= first { number = (id - first) / step + 1 }
      count = count ?? integer("SLURM_ARRAY_TASK_COUNT")
    } else if let index = integer("JOB_COMPLETION_INDEX"), index >= 0, index < Int.max {
      number = index + 1
    }
    guard let number else { throw .unknownShard }
    guard let count else { throw .unknownShardCount }
    guard let shard = Shard(number: number, of: count) else {
      throw .noSuchShard(number, count: count)
    }
    return shard
  }
}
