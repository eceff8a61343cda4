import Foundation
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Broken checkpoints", .enabled(if: SharedFixtures.present))
struct BadCheckpointTests {
  private static let root = SharedFixtures.url("bad-checkpoints")

  @Test("weights without a fault load: the other folders' faults are not in files and tensors")
  func sound() throws {
    for name in [
      "control-good", "missing-tensor", "wrong-dtype", "wrong-shape", "unknown-architecture",
      "unknown-llm-architecture", "config-broken-json", "config-absurd-numbers", "no-tokenizer",
      "vocab-broken-json",
    ] {
      let folder = try CheckpointFolder(Self.root.appending(path: name))
      #expect(folder.tensors.values.reduce(0) { $0 + $1.elementBytes.count } == folder.totalBytes)
    }
  }
}
