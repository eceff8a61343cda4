import Foundation
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Fixture models", .enabled(if: SharedFixtures.present))
struct FixtureModelTests {
  private static let root = SharedFixtures.url("models")

  private static func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.path()).sorted()
  }

  @Test("every tensor of every model can be read")
  func readable() throws {
    let names = try Self.names()
    #expect(names.count == 9)
    for name in names {
      let folder = try CheckpointFolder(Self.root.appending(path: name))
      #expect(!folder.tensors.isEmpty)
      #expect((folder.format == .pytorch) == name.hasSuffix("-bin"))
      #expect(
        try folder.tensors.values.reduce(0) { try $0 + $1.elementBytes().count }
          == folder.totalBytes)
    }
  }

  @Test("a ZIP archive and a legacy file hold the same tensors as safetensors, byte for byte")
  func sameTensors() throws {
    let expected = try CheckpointFolder(Self.root.appending(path: "qwen2-awq")).tensors
    for name in ["qwen2-awq-bin", "qwen2-awq-legacy-bin"] {
      let tensors = try CheckpointFolder(Self.root.appending(path: name)).tensors
      #expect(tensors.keys.sorted() == expected.keys.sorted())
      for (key, tensor) in tensors {
        #expect(tensor.shape == expected[key]?.shape)
        #expect(tensor.type == expected[key]?.type)
        #expect(try tensor.elementBytes() == expected[key]?.elementBytes(), "\(name): \(key)")
      }
      // The fixture stores this one with swapped strides.
      #expect(try tensors["mlp1.1.weight"]?.view().isContiguous == false)
    }
  }

  @Test("leftovers of the quantising tool are not read")
  func leftovers() throws {
    let tensors = try CheckpointFolder(Self.root.appending(path: "internlm2-awq-bin")).tensors
    #expect(tensors.values.allSatisfy { $0.file.hasPrefix("pytorch_model-") })
  }
}
