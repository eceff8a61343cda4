import Files
import Foundation
import Registry
import Synchronization
import TestSupport

@testable import Hub

/// A repository on the fake hub, and empty caches to download it into; removed with the value.
final class Sandbox {
  /// What a file of the fake hub holds.
  enum Source {
    case text(String)
    case random(Int, seed: Int)

    fileprivate var json: [String: any Sendable] {
      switch self {
      case .text(let text): ["text": text]
      case .random(let size, let seed): ["random": size, "seed": seed]
      }
    }
  }

  struct Hashes: Decodable {
    let sha256: String
    let blob: String
    let size: Int64
  }
  private struct Added: Decodable {
    let commit: String
    let files: [String: Hashes]
  }

  private static let count = Atomic(0)

  /// In memory where the system offers it: downloads synchronize every file to the disk.
  private static let root =
    access("/dev/shm", W_OK) == 0
    ? URL(filePath: "/dev/shm") : FileManager.default.temporaryDirectory

  /// A small model: two shards in the object store, three small files, and some that running it
  /// does not take.
  static let model: [String: Source] = [
    "config.json": .text(#"{"architectures": ["InternVLChatModel"]}"#),
    "tokenizer.json": .text(String(repeating: "token ", count: 100)),
    "model.safetensors.index.json": .text(#"{"weight_map": {}}"#),
    "model-00001-of-00002.safetensors": .random(300_000, seed: 1),
    "model-00002-of-00002.safetensors": .random(50_001, seed: 2),
    "modeling_internvl_chat.py": .text("import os"),
    "examples/image1.jpg": .random(2000, seed: 3),
  ]

  let id: String
  let folder: URL
  private(set) var commit = ""
  private(set) var hashes: [String: Hashes] = [:]
  var settings: HubSettings
  private let noted = Mutex<[HubEvent]>([])

  /// What the downloads told so far.
  var events: [HubEvent] { noted.withLock { $0 } }

  init(files: [String: Source] = model, options: [String: any Sendable] = [:]) throws {
    let number = Self.count.add(1, ordering: .relaxed).newValue
    id = "tests/model-\(number)"
    folder = Self.root
      .appending(path: "internvl-hub-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let address = "http://127.0.0.1:\(FakeHub.shared.hubPort)"
    settings = try HubSettings(environment: [
      "HOME": folder.path, "HF_ENDPOINT": address, "MODELSCOPE_ENDPOINT": address,
    ])
    settings.transport.timing.firstRetry = .milliseconds(5)
    settings.transport.timing.second = .milliseconds(20)
    // Long enough that a busy machine is not taken for a stalled hub.
    settings.transport.timing.stall = .seconds(10)
    settings.transport.timing.answer = .seconds(20)
    try publish(files, options: options)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Takes short silences for stalls, so that tests of stalls are quick.
  func noticeStallsSoon() {
    settings.transport.timing.stall = .milliseconds(300)
    settings.transport.timing.answer = .milliseconds(600)
  }

  /// Gives the repository these files, as one commit.
  func publish(_ files: [String: Source], options: [String: any Sendable] = [:]) throws {
    var command: [String: any Sendable] = [
      "do": "add", "id": id, "files": files.mapValues(\.json),
    ]
    command.merge(options) { $1 }
    let added = try JSONDecoder().decode(Added.self, from: FakeHub.shared.send(command))
    (commit, hashes) = (added.commit, added.files)
  }

  /// Makes the hub misbehave for this repository.
  func fault(_ name: String, at place: String, _ more: [String: any Sendable] = [:]) throws {
    var command: [String: any Sendable] = [
      "do": "fault", "fault": name, "at": place, "in": "\(id)/",
    ]
    command.merge(more) { $1 }
    _ = try FakeHub.shared.send(command)
  }

  func mend() throws { _ = try FakeHub.shared.send(["do": "mend", "in": "\(id)/"]) }

  /// The requests for this repository's listing and files.
  func log() throws -> [LoggedRequest] {
    try JSONDecoder().decode(
      [LoggedRequest].self, from: FakeHub.shared.send(["do": "log", "in": "\(id)/"]))
  }

  /// The requests that a download made for one file.
  func log(of path: String) throws -> [LoggedRequest] {
    try log().filter {
      ($0.path.removingPercentEncoding ?? "").contains("/\(path)")
        || $0.path.contains("FilePath=\(path.percentEncoded())")
    }
  }

  @discardableResult
  func download(
    from hub: HubName = .huggingface, selection: FileSelection = .runtime,
    cancellation: Cancellation = Cancellation()
  ) throws -> CachedModel {
    let downloader = Downloader(settings: settings, cancellation: cancellation) { event in
      self.noted.withLock { $0.append(event) }
    }
    let plan = try downloader.plan(RemoteModel(hub: hub, id: id), selection: selection)
    return try downloader.download(plan)
  }

  /// Why a download fails; nil when it does not.
  func failure(from hub: HubName = .huggingface) -> HubError? {
    do {
      try download(from: hub)
      return nil
    } catch {
      return error as? HubError
    }
  }

  /// The paths whose content differs from the fake hub's.
  func damaged(in model: CachedModel, selection: FileSelection = .runtime) throws -> [String] {
    try hashes.filter { path, hashes in
      guard selection == .all || !path.hasSuffix(".py") && !path.hasPrefix("examples/") else {
        return false
      }
      let file = "\(model.folder)/\(path)"
      guard FileSystem.fileSize(file) == hashes.size else { return true }
      let hash = try FileHash.hash(
        file, like: .sha256(""), size: hashes.size, cancellation: Cancellation())
      return hash.hex != hashes.sha256
    }.keys.sorted()
  }

  /// Names of partial files and journals that were left behind.
  func leftovers() -> [String] {
    let all =
      FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return all.filter { $0.hasSuffix(".incomplete") || $0.hasSuffix(".journal") }
  }
}
