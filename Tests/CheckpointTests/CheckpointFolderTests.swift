import Files
import Foundation
import JSON
import TestSupport
import Testing

@testable import Checkpoint

@Suite("Checkpoint folders")
struct CheckpointFolderTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A safetensors file whose only tensor is a byte.
  private static func shard(_ name: String, _ byte: UInt8) -> [UInt8] {
    safetensors(#"{"\#(name)":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, data: [byte])
  }

  private func index(_ map: String) throws {
    try folder.write(#"{"weight_map":\#(map)}"#, to: "model.safetensors.index.json")
  }

  private func fault() -> IndexFault? {
    guard case .index("model.safetensors.index.json", let fault)? = error() else { return nil }
    return fault
  }

  private func error() -> CheckpointError? {
    checkpointError { () throws(CheckpointError) in try CheckpointFolder(folder.url) }
  }

  private func bytes() throws -> [String: [UInt8]] {
    try CheckpointFolder(folder.url).tensors.mapValues { try $0.elementBytes() }
  }

  @Test("a single file wins over an index, safetensors over PyTorch; .pth is not looked at")
  func preference() throws {
    try folder.write("rubbish", to: "inputs_stats.pth")
    #expect(error() == .noWeights(folder: folder.url.path()))
    try folder.write("rubbish", to: "pytorch_model.bin")
    #expect(error() == .pytorch(file: "pytorch_model.bin", .unknownFormat))
    try folder.write(Self.shard("a", 2), to: "s1.safetensors")
    try folder.write(Self.shard("b", 3), to: "s2.safetensors")
    try index(#"{"a":"s1.safetensors","b":"s2.safetensors"}"#)
    #expect(try bytes() == ["a": [2], "b": [3]])
    #expect(try CheckpointFolder(folder.url).totalBytes == 2)
    try folder.write(Self.shard("a", 1), to: "model.safetensors")
    #expect(try bytes() == ["a": [1]])
    #expect(try CheckpointFolder(folder.url).format == .safetensors)
  }

  @Test("links are followed, as in the caches of hubs")
  func links() throws {
    try folder.write(Self.shard("a", 5), to: "blob")
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "s.safetensors"),
      withDestinationURL: folder.url.appending(path: "blob"))
    try index(#"{"a":"s.safetensors"}"#)
    #expect(try bytes() == ["a": [5]])
  }

  @Test(
    "a shard's name must be that of a file in the folder",
    arguments: [
      "../x.safetensors", "/x.safetensors", "x/y.safetensors", "..\\\\x.safetensors",
      ".x.safetensors", "x.pth", "", "x\\u0000.safetensors", "C:x.safetensors",
    ])
  func shardName(name: String) throws {
    try index(#"{"a":"\#(name)"}"#)
    guard case .shardName = fault() else {
      Issue.record("\(name) was accepted")
      return
    }
  }

  @Test("an index that is empty, or not an index, is refused")
  func malformed() throws {
    try index("{}")
    #expect(fault() == .empty)
    try index(#"{"a":3}"#)
    #expect(
      error()
        == .json(
          JSONError(
            file: "model.safetensors.index.json",
            .value(
              key: "weight_map.a", found: "3",
              expected: "a string"))))
    try index("[]")
    #expect(
      error()
        == .json(
          JSONError(
            file: "model.safetensors.index.json",
            .value(
              key: "weight_map", found: "a list of 0",
              expected: "an object"))))
  }

  @Test("every tensor must be in the shard that the index names")
  func missing() throws {
    try folder.write(Self.shard("a", 1), to: "s.safetensors")
    try index(#"{"a":"s.safetensors","b":"s.safetensors"}"#)
    #expect(fault() == .missingTensor("b", shard: "s.safetensors"))
    try index(#"{"a":"t.safetensors"}"#)
    #expect(fault() == .missingShard("t.safetensors"))
  }

  @Test("what is not a file is refused")
  func notAFile() throws {
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "model.safetensors"), withIntermediateDirectories: false)
    #expect(unreadable("model.safetensors") == .notAFile)
    try FileManager.default.removeItem(at: folder.url.appending(path: "model.safetensors"))
    // A pipe that nobody writes to must not block.
    #expect(mkfifo(folder.url.path() + "/model.safetensors", 0o600) == 0)
    #expect(unreadable("model.safetensors") == .notAFile)
    let absent = folder.url.appending(path: "absent")
    #expect(throws: FileError(.open, absent.path, .system(code: ENOENT))) {
      try MappedFile(absent)
    }
  }

  /// Why the file of the folder cannot be read.
  private func unreadable(_ name: String) -> FileError.Reason? {
    guard case .unreadable(let error)? = error(), error.name == name else { return nil }
    return error.reason
  }
}
