import Foundation
import JSON
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Broken checkpoints", .enabled(if: SharedFixtures.present))
struct BadCheckpointTests {
  private static let root = SharedFixtures.url("bad-checkpoints")
  private static let norm = "language_model.model.norm.weight"

  /// What is said about the weights in each folder; nil where nothing is wrong with the file, be
  /// it that the fault is in another file or in what a tensor is meant for.
  private static let expected: [String: CheckpointError?] = [
    "config-absurd-numbers": nil,
    "config-broken-json": nil,
    "control-good": nil,
    "empty-file": .incomplete(file: "model.safetensors", .empty),
    "header-not-json": .safetensors(
      file: "model.safetensors",
      .header(JSONFault(offset: 0, problem: .unexpected(byte: UInt8(ascii: "!"))))),
    "header-overflow": .safetensors(
      file: "model.safetensors", .headerTooLarge(bytes: .max, limit: 100_000_000)),
    "header-too-large": .safetensors(
      file: "model.safetensors", .headerTooLarge(bytes: 1 << 40, limit: 100_000_000)),
    "index-path-traversal": .index(
      file: "model.safetensors.index.json",
      .shardName("../control-good/model.safetensors", suffix: ".safetensors")),
    "missing-shard": .index(
      file: "model.safetensors.index.json", .missingShard("model-00002-of-00002.safetensors")),
    "missing-tensor": nil,
    "no-tokenizer": nil,
    "no-weights": .noWeights(folder: root.appending(path: "no-weights").path()),
    "offsets-backwards": .safetensors(
      file: "model.safetensors", .backwards(tensor: norm, start: 23776, end: 23744)),
    "offsets-negative": .safetensors(
      file: "model.safetensors", .entry(tensor: norm, part: "data_offsets")),
    "offsets-outside-file": .incomplete(
      file: "model.safetensors",
      .tensorCut(tensor: norm, needed: 1_073_769_970, actual: 53522)),
    "overlapping-offsets": .safetensors(
      file: "model.safetensors",
      .overlap(
        tensor: "language_model.model.layers.0.input_layernorm.weight", other: norm,
        offset: 23744)),
    "pickle-os-system-legacy": .pytorch(
      file: "pytorch_model.bin",
      .pickle(PickleFault(offset: 33, problem: .global("posix.system")))),
    "pickle-os-system-zip": .pytorch(
      file: "pytorch_model.bin",
      .pickle(PickleFault(offset: 33, problem: .global("posix.system")))),
    "shape-against-length": .safetensors(
      file: "model.safetensors", .wrongSize(tensor: norm, shape: [32], needed: 64, given: 32)),
    "shape-overflow": .safetensors(
      file: "model.safetensors", .shapeOverflow(tensor: norm, shape: [1 << 32, 1 << 32])),
    "truncated-header": .incomplete(
      file: "model.safetensors", .headerCut(needed: 4024, actual: 100)),
    "truncated-safetensors": .incomplete(
      file: "model.safetensors",
      .tensorCut(
        tensor: "vision_model.encoder.layers.0.norm2.weight", needed: 53176, actual: 35450)),
    "truncated-zip": .incomplete(file: "pytorch_model.bin", .noEnd),
    "unknown-architecture": nil,
    "unknown-dtype": .safetensors(
      file: "model.safetensors", .elementType(tensor: norm, name: "Q7")),
    "unknown-llm-architecture": nil,
    "vocab-broken-json": nil,
    "wrong-dtype": nil,
    "wrong-shape": nil,
    "zip-path-traversal": nil,
    "zip-storage-too-short": .pytorch(
      file: "pytorch_model.bin", .shortStorage(key: "0", needed: 32, given: 4)),
  ]

  @Test("every folder is known here")
  func complete() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root.path())
    #expect(folders.filter { $0 != "index.json" }.sorted() == Self.expected.keys.sorted())
  }

  @Test("the fault is named, and sound weights are read", arguments: expected.keys.sorted())
  func outcome(name: String) throws {
    let expected = try #require(Self.expected[name])
    let url = Self.root.appending(path: name)
    let error = checkpointError { () throws(CheckpointError) in try CheckpointFolder(url) }
    #expect(error == expected)
    guard expected == nil else { return }
    let folder = try CheckpointFolder(url)
    #expect(
      try folder.tensors.values.reduce(0) { try $0 + $1.elementBytes().count } == folder.totalBytes)
  }

  @Test("nothing that a file asks for is run or written")
  func harmless() throws {
    for name in Self.expected.keys { _ = try? CheckpointFolder(Self.root.appending(path: name)) }
    for file in ["PICKLE_WAS_EXECUTED.txt", "escaped.txt", "../escaped.txt", "../../escaped.txt"] {
      for folder in [Self.root.path(), FileManager.default.currentDirectoryPath] {
        #expect(!FileManager.default.fileExists(atPath: folder + "/" + file))
      }
    }
  }

  @Test("tensors that are missing, or have another shape or type than asked for, are named")
  func lookUp() throws {
    let folder = { (name: String) throws(CheckpointError) in
      try CheckpointFolder(Self.root.appending(path: name))
    }
    #expect(
      checkpointError { () throws(CheckpointError) in
        try folder("missing-tensor").tensor(named: Self.norm)
      } == .missingTensor(name: Self.norm))
    #expect(
      checkpointError { () throws(CheckpointError) in
        try folder("wrong-dtype").tensor(named: Self.norm).floats()
      }
        == .wrongType(
          file: "model.safetensors", tensor: Self.norm, expected: "floating-point numbers",
          found: "int16"))
    let embedding = "language_model.model.embed_tokens.weight"
    let good = try folder("control-good").tensor(named: embedding).shape
    #expect(
      checkpointError { () throws(CheckpointError) in
        try folder("wrong-shape").tensor(named: embedding, shape: good)
      }
        == .wrongShape(
          file: "model.safetensors", tensor: embedding, expected: good,
          found: good.reversed()))
  }
}
