import ArgumentParser
import Captioning
import Testing

@testable import InternVLCommand

@Suite("Shares of the pictures")
struct ShardChoiceTests {
  private func shard(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> Shard? {
    try ShardChoice.parse(arguments).shard(environment: environment)
  }

  private let slurm = [
    "SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "3", "SLURM_ARRAY_TASK_STEP": "2",
    "SLURM_ARRAY_TASK_COUNT": "5",
  ]

  @Test("nothing is shared out where nobody asks for it, whatever the variables say")
  func whole() throws {
    #expect(try shard([], slurm) == nil)
  }

  @Test("a share is what the option says, or the variables of Slurm and Kubernetes")
  func chosen() throws {
    #expect(try shard(["--shard", "2/4"], slurm) == Shard(number: 2, of: 4))
    #expect(try shard(["--shard", "auto"], slurm) == Shard(number: 3, of: 5))
    #expect(try shard(["--shards", "8"], slurm) == Shard(number: 3, of: 8))
    #expect(try shard(["--shards", "8"], ["JOB_COMPLETION_INDEX": "7"]) == Shard(number: 8, of: 8))
  }

  @Test("variables that say too little, or what cannot be, are wrong usage")
  func refused() {
    #expect(throws: CommandError.unknownShard) { try shard(["--shard", "auto"]) }
    #expect(throws: CommandError.unknownShard) {
      try shard(["--shards", "2"], ["JOB_COMPLETION_INDEX": "x"])
    }
    #expect(throws: CommandError.unknownShardCount) {
      try shard(["--shard", "auto"], ["JOB_COMPLETION_INDEX": "0"])
    }
    #expect(throws: CommandError.noSuchShard(5, count: 4)) {
      try shard(["--shards", "4"], ["JOB_COMPLETION_INDEX": "4"])
    }
    for text in ["0/4", "5/4", "1/0", "1", "a/b", "1/2/3"] {
      #expect(throws: (any Error).self) { try ShardChoice.parse(["--shard", text]) }
    }
  }
}
