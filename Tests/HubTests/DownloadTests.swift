import Files
import Foundation
import Registry
import TestSupport
import Testing

@testable import Hub

@Suite("Download", .enabled(if: FakeHub.isPresent, "needs python3"))
struct DownloadTests {
  static let hubs: [HubName] = [.huggingface, .modelscope]

  @Test("brings what running the model takes, and nothing else", arguments: hubs)
  func wholeModel(hub: HubName) throws {
    let sandbox = try Sandbox()
    let model = try sandbox.download(from: hub)
    #expect(try sandbox.damaged(in: model) == [])
    #expect(FileSystem.fileSize("\(model.folder)/modeling_internvl_chat.py") == nil)
    #expect(sandbox.leftovers() == [])
    #expect(LocalModels(settings: sandbox.settings).state(of: model.model) == .complete(model))
  }

  @Test("brings all files when asked to", arguments: hubs)
  func allFiles(hub: HubName) throws {
    let sandbox = try Sandbox()
    let model = try sandbox.download(from: hub, selection: FileSelection.all)
    #expect(try sandbox.damaged(in: model, selection: FileSelection.all) == [])
  }

  @Test("asks for no file again when all are there", arguments: hubs)
  func secondRun(hub: HubName) throws {
    let sandbox = try Sandbox()
    try sandbox.download(from: hub)
    let before = try sandbox.log().count
    try sandbox.download(from: hub)
    #expect(try sandbox.log().count - before == (hub == .huggingface ? 2 : 1))
    #expect(!sandbox.events.contains { if case .checking = $0 { true } else { false } })
  }

  @Test("lays out a Hugging Face cache as huggingface_hub does")
  func huggingFaceLayout() throws {
    let sandbox = try Sandbox()
    let model = try sandbox.download(selection: FileSelection.all)
    let root = sandbox.settings.huggingFace.cacheRoot
    let repository = "\(root)/models--tests--\(sandbox.id.split(separator: "/")[1])"
    #expect(model.folder == "\(repository)/snapshots/\(sandbox.commit)")
    #expect(readSmallFile("\(repository)/refs/main") == sandbox.commit)
    let config = try #require(sandbox.hashes["config.json"])
    #expect(
      FileSystem.destination(ofLink: "\(model.folder)/config.json") == "../../blobs/\(config.blob)")
    let picture = try #require(sandbox.hashes["examples/image1.jpg"])
    #expect(
      FileSystem.destination(ofLink: "\(model.folder)/examples/image1.jpg")
        == "../../../blobs/\(picture.sha256)")
    let tree = try #require(readSmallFile("\(repository)/trees/\(sandbox.commit).json"))
    #expect(tree.contains(#""format_version":1"#) && tree.contains("modeling_internvl_chat.py"))
  }

  @Test("goes on after a cut with the missing bytes only", arguments: [0, 1, 150_000, -1])
  func cut(after: Int) throws {
    let sandbox = try Sandbox()
    let shard = "model-00001-of-00002.safetensors"
    try sandbox.fault("cut", at: "cdn", ["path": shard, "after": after])
    let model = try sandbox.download()
    #expect(try sandbox.damaged(in: model) == [])
    let start = after < 0 ? 300_000 + after : after
    let ranges = try sandbox.log(of: shard).filter { $0.port == "cdn" }.map(\.range)
    #expect(ranges == [nil, start == 0 ? nil : "bytes=\(start)-299999"])
  }

  @Test("keeps what came before it gave up, for the next run")
  func resumeAcrossRuns() throws {
    let sandbox = try Sandbox()
    let shard = "model-00001-of-00002.safetensors"
    try sandbox.fault("cut", at: "cdn", ["path": shard, "after": 100_000])
    sandbox.settings.transport.timing.attempts = 1
    #expect(sandbox.failure() != nil)
    try sandbox.mend()
    let before = try sandbox.log(of: shard).count
    let model = try sandbox.download()
    #expect(try sandbox.damaged(in: model) == [])
    let ranges = try sandbox.log(of: shard).dropFirst(before).map(\.range)
    #expect(Set(ranges) == ["bytes=100000-299999"])
    #expect(sandbox.leftovers() == [])
  }
}
