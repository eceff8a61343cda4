import Files
import Foundation
import Registry
import TestSupport
import Testing

@testable import Hub

@Suite("Hostile names")
struct HostileNameTests {
  static let hostilePaths = [
    "../x", "a/../../x", "/tmp/x", "..\\x", "C:\\x", "C:x", "a//b", "", "a/", "/", ".", "a/.",
    "a/./b",
    "a\u{0}b", "a\nb", "a\u{1b}[31m", "a\u{202e}b", "a\u{200b}b",
    String(repeating: "n", count: 256),
    String(repeating: "d/", count: 600) + "x", "a?b", "a*b", "a|b", "\\\\server\\share", "a\u{7f}",
    "../\u{301}x", "/\u{301}x", "a/\u{301}b/../\u{301}x",
  ]

  @Test("are refused as file names", arguments: hostilePaths)
  func paths(text: String) {
    #expect(throws: HubError.self) { try RemotePath(text) }
  }

  @Test(
    "are not confused with odd but honest ones",
    arguments: [
      "a", ".gitattributes", "a b.txt", "模型.bin", "a/b/c", "..a", "a..b", "é", "x+y=z,(1)[2]",
      "a/\u{301}b",
    ])
  func honest(text: String) throws {
    #expect(try RemotePath(text).text == text)
  }

  @Test(
    "are refused as repositories",
    arguments: [
      "", "a", "a/b/c", "/a", "a/", "../a", "a/..", "a/-b", "a/b.", "a/b--c", "a/b.git", "a b/c",
      "a/é",
      "a/\(String(repeating: "n", count: 97))", "a/b\n",
    ])
  func repositories(text: String) {
    #expect(throws: HubError.badRepository(text)) { try RepositoryID(text) }
  }

  @Test("are refused as revisions", arguments: ["", "..", "a/../b", "-x", "a b", "/x", "a\nb"])
  func revisions(text: String) {
    #expect(throws: HubError.badRevision(text)) { try Revision(text) }
  }

  @Test(
    "in a listing stop the download before anything is written",
    .enabled(if: FakeHub.isPresent, "needs python3"),
    arguments: [
      "../../x", "/tmp/x", "config.json", "config.json/x", "a\u{1b}c",
      "../\u{301}x", "config.json/\u{301}x",
    ],
    [HubName.huggingface, .modelscope])
  func listings(path: String, hub: HubName) throws {
    let sandbox = try Sandbox()
    let hash = String(repeating: "a", count: 64)
    let entry: [String: any Sendable] =
      hub == .huggingface
      ? ["type": "file", "path": path, "oid": String(repeating: "b", count: 40), "size": 1]
      : ["Type": "blob", "Path": path, "Size": 1, "Sha256": hash]
    let entries = [entry] as [[String: any Sendable]]
    try sandbox.fault(
      "list", at: hub == .huggingface ? "api" : "ms-list", ["entries": entries, "count": -1])
    guard case .unsafeName = sandbox.failure(from: hub) else {
      Issue.record("expected an unsafe name")
      return
    }
    #expect(!FileManager.default.fileExists(atPath: sandbox.settings.site(hub).cacheRoot))
  }

  @Test(
    "that differ in case only are two files", .enabled(if: FakeHub.isPresent, "needs python3"))
  func caseOnly() throws {
    let sandbox = try Sandbox(files: [
      "config.json": .text("{}"), "Config.json": .text("{ }"),
      "model.safetensors": .random(9, seed: 1),
    ])
    let model = try sandbox.download(selection: FileSelection.all)
    #expect(try sandbox.damaged(in: model, selection: FileSelection.all) == [])
  }

  @Test(
    "that begin with a mark are not joined to the slash before them",
    .enabled(if: FakeHub.isPresent, "needs python3"), arguments: CacheTests.hubs)
  func marks(hub: HubName) throws {
    #expect(try RemotePath("a/\u{301}b").segments == ["a", "\u{301}b"])
    #expect(FileSystem.parent(of: "/a/\u{301}b") == "/a")
    let sandbox = try Sandbox(files: [
      "model.safetensors": .random(9, seed: 1), "sub/\u{301}x": .text("content"),
    ])
    let model = try sandbox.download(from: hub, selection: FileSelection.all)
    #expect(try sandbox.damaged(in: model, selection: FileSelection.all) == [])
  }

  @Test(
    "of sizes that no disk holds are refused", .enabled(if: FakeHub.isPresent, "needs python3"),
    arguments: [[Int64.max, 1], [.max, .max], [1 << 50, 1]], CacheTests.hubs)
  func sizes(sizes: [Int64], hub: HubName) throws {
    let sandbox = try Sandbox()
    let (blob, hash) = (String(repeating: "b", count: 40), String(repeating: "a", count: 64))
    let entries = sizes.enumerated().map { index, size -> [String: any Sendable] in
      hub == .huggingface
        ? ["type": "file", "path": "model-\(index).safetensors", "oid": blob, "size": size]
        : ["Type": "blob", "Path": "model-\(index).safetensors", "Size": size, "Sha256": hash]
    }
    try sandbox.fault(
      "list", at: hub == .huggingface ? "api" : "ms-list", ["entries": entries, "count": -1])
    guard case .unsafeName = sandbox.failure(from: hub) else {
      Issue.record("expected a refusal")
      return
    }
  }

  @Test("of sizes and hashes are refused", .enabled(if: FakeHub.isPresent, "needs python3"))
  func hashes() throws {
    for bad in [
      ["oid": "../../../../etc/passwd", "size": 1],
      ["oid": String(repeating: "b", count: 40), "size": -1],
      ["oid": String(repeating: "B", count: 39), "size": 1],
    ] as [[String: any Sendable]] {
      let sandbox = try Sandbox()
      let entry = bad.merging(["type": "file", "path": "x"]) { $1 }
      let entries = [entry] as [[String: any Sendable]]
      try sandbox.fault("list", at: "api", ["entries": entries, "count": -1])
      guard case .notAHub = sandbox.failure() else {
        Issue.record("expected a refusal")
        return
      }
    }
  }

  @Test(
    "never lead through a link inside the cache", .enabled(if: FakeHub.isPresent, "needs python3"),
    arguments: [HubName.huggingface, .modelscope])
  func links(hub: HubName) throws {
    let sandbox = try Sandbox(files: [
      "model.safetensors": .random(9, seed: 1), "sub/x": .text("content"),
    ])
    let root = sandbox.settings.site(hub).cacheRoot
    let name = sandbox.id.replacing("/", with: "--")
    let snapshot =
      hub == .huggingface
      ? "\(root)/models--\(name)/snapshots/\(sandbox.commit)"
      : "\(root)/models/\(name)/snapshots/master"
    let outside = sandbox.folder.appending(path: "outside").path
    for folder in [snapshot, outside] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    try FileManager.default.createSymbolicLink(
      atPath: "\(snapshot)/sub", withDestinationPath: outside)
    #expect(throws: HubError.self) {
      try sandbox.download(from: hub, selection: FileSelection.all)
    }
    #expect(try FileSystem.names(in: outside) == [])
  }
}
