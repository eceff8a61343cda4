import Foundation
import TestSupport
import Testing

@testable import Engines

@Suite("Finding engines")
struct EngineFinderTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A program that prints something.
  private func program(_ name: String, _ script: String) throws {
    let file = try folder.write("#!/bin/sh\n\(script)\n", to: name)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: file.path)
  }

  private func finder(timeLimit: Duration = .seconds(60)) -> EngineFinder {
    EngineFinder(searchPath: "/nowhere:\(folder.url.path)", timeLimit: timeLimit)
  }

  @Test("an installed engine tells its path and its version")
  func version() throws {
    try program("vllm", #"[ "$1" = --version ] && echo "INFO 11-30 importing" && echo 0.32.1rc1"#)
    let found = try #require(finder().find(VLLM()))
    #expect(found.path == folder.url.appending(path: "vllm").path)
    #expect(found.version?.description == "0.32.1")
    #expect(finder().find(LMDeploy()) == nil)
  }

  @Test(
    "an engine that fails, or says something else, has no version",
    arguments: ["exit 1", "echo hello", "echo 0.1.2; exit 3", "head -c 1000000 /dev/zero"])
  func noVersion(script: String) throws {
    try program("lmdeploy", script)
    let found = try #require(finder().find(LMDeploy()))
    #expect(found.version == nil)
  }

  @Test("an engine that does not answer in time is stopped")
  func late() throws {
    try program("transformers", "exec sleep 1000")
    let found = try #require(finder(timeLimit: .milliseconds(200)).find(Transformers()))
    #expect(found.version == nil)
  }

  @Test("of several GPUs the lowest compute capability counts")
  func capability() throws {
    #expect(finder().computeCapability() == nil)
    try program("nvidia-smi", "printf '8.6\\n7.5\\n'")
    #expect(finder().computeCapability() == 7.5)
    try program("nvidia-smi", "echo 'NVIDIA-SMI has failed'; exit 9")
    #expect(finder().computeCapability() == nil)
  }
}
