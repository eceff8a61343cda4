import Files
import Foundation
import Registry
import Synchronization
import TestSupport
import Testing

@testable import Hub

@Suite("Caches", .enabled(if: FakeHub.isPresent, "needs python3"))
struct CacheTests {
  static let hubs: [HubName] = [.huggingface, .modelscope]
  private static let shard = "model-00001-of-00002.safetensors"

  @Test("with a damaged file are noticed and mended", arguments: hubs)
  func damage(hub: HubName) throws {
    let sandbox = try Sandbox()
    let model = try sandbox.download(from: hub)
    let file = try OpenFile(
      creating: URL(filePath: "\(model.folder)/\(Self.shard)").resolvingSymlinksInPath().path)
    try [UInt8(1), 2, 3].withUnsafeBytes { try file.write($0, at: 1000) }
    let inventory = CacheInventory(settings: sandbox.settings)
    let repository = try #require(try inventory.repositories().first)
    let check = try inventory.verify(
      repository.revisions[0], of: repository, cancellation: Cancellation(), listener: { _ in })
    #expect(check.faults.map(\.path) == [Self.shard])
    #expect(check.intactFiles == 4 && check.uncheckedFiles == [])
    #expect(check.absentFiles == ["examples/image1.jpg", "modeling_internvl_chat.py"])
    let partial = "\(inventory.partialFolder(of: repository))/\(String(repeating: "a", count: 64))"
    let (old, fresh) = ("\(partial).01234567.incomplete", "\(partial).76543210.incomplete")
    for path in [old, fresh] { try FileSystem.replace(path, with: "…", durably: false) }
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -700)], ofItemAtPath: old)
    let repaired = try inventory.repair(
      repository, cancellation: Cancellation(), listener: { _ in })
    #expect(repaired.map { $0.faults.map(\.path) } == [[Self.shard]])
    #expect(FileSystem.fileSize(old) == nil && FileSystem.fileSize(fresh) != nil)
    let again = try inventory.verify(
      repository.revisions[0], of: repository, cancellation: Cancellation(), listener: { _ in })
    #expect(again.faults.map(\.path) == [Self.shard] && again.faults.first?.fault == .missing)
    #expect(
      LocalModels(settings: sandbox.settings).state(of: model.model)
        == .incomplete(missing: [Self.shard]))
    let before = try sandbox.log().count
    try sandbox.download(from: hub)
    #expect(try sandbox.damaged(in: model) == [])
    let asked = try sandbox.log().dropFirst(before).filter { $0.port == "cdn" }
    #expect(asked.count == 1 && asked.allSatisfy { $0.path.contains(Self.shard) })
  }

  @Test("are repaired without touching files outside that they lead to", arguments: hubs)
  func foreignFiles(hub: HubName) throws {
    let sandbox = try Sandbox()
    let model = try sandbox.download(from: hub)
    let outside = "\(sandbox.folder.path)/outside"
    let place = "\(model.folder)/\(Self.shard)"
    try FileSystem.replace(outside, with: "precious", durably: false)
    _ = try FileSystem.placeLink(at: place, to: outside, staging: sandbox.folder.path)
    let inventory = CacheInventory(settings: sandbox.settings)
    let repository = try #require(try inventory.repositories().first)
    let repaired = try inventory.repair(
      repository, cancellation: Cancellation(), listener: { _ in })
    #expect(repaired.map { $0.faults.map(\.path) } == [[Self.shard]])
    #expect(FileSystem.destination(ofLink: place) == nil)
    #expect(readSmallFile(outside) == "precious")
  }

  @Test("are repaired without touching folders outside that they lead to", arguments: hubs)
  func foreignFolder(hub: HubName) throws {
    let sandbox = try Sandbox()
    let model = try sandbox.download(from: hub)
    let outside = "\(sandbox.folder.path)/outside"
    try FileManager.default.removeItem(atPath: model.folder)
    try FileSystem.replace("\(outside)/\(Self.shard)", with: "precious", durably: false)
    _ = try FileSystem.placeLink(at: model.folder, to: outside, staging: sandbox.folder.path)
    let inventory = CacheInventory(settings: sandbox.settings)
    let repository = try #require(try inventory.repositories().first)
    _ = try inventory.repair(repository, cancellation: Cancellation(), listener: { _ in })
    #expect(readSmallFile("\(outside)/\(Self.shard)") == "precious")
  }

  @Test("that others filled with wrong bytes of the right length are mended by a download")
  func foreignDamage() throws {
    let sandbox = try Sandbox()
    let cache = sandbox.settings.cache(
      .modelscope, repository: try RepositoryID(sandbox.id), commit: "master")
    try FileSystem.replace(
      "\(cache.snapshotFolder)/config.json",
      with: String(repeating: "x", count: Int(sandbox.hashes["config.json"]?.size ?? 0)),
      durably: false)
    let model = try sandbox.download(from: .modelscope)
    #expect(try sandbox.damaged(in: model) == [])
    #expect(sandbox.events.contains(.damaged(path: "config.json")))
  }

  @Test("are listed with sizes counted once, and removed", arguments: hubs)
  func inventory(hub: HubName) throws {
    let sandbox = try Sandbox()
    try sandbox.download(from: hub)
    let inventory = CacheInventory(settings: sandbox.settings)
    let repository = try #require(try inventory.repositories().first)
    #expect(try inventory.repositories().count == 1)
    #expect(repository.id.description == sandbox.id && repository.hub == hub)
    #expect(repository.revisions.map(\.names) == [[hub == .huggingface ? "main" : "master"]])
    let bytes = sandbox.hashes.filter { !$0.key.hasSuffix(".py") && !$0.key.hasSuffix(".jpg") }
      .values.reduce(0) { $0 + $1.size }
    #expect(repository.revisions[0].sizeBytes == bytes && repository.revisions[0].files == 5)
    #expect(repository.sizeBytes < bytes + 3000 && repository.partialBytes == 0)
    try inventory.remove(repository, cancellation: Cancellation(), listener: { _ in })
    #expect(try inventory.repositories().isEmpty)
  }

  @Test("are enough when the network is off, and what they lack is listed", arguments: hubs)
  func offline(hub: HubName) throws {
    let sandbox = try Sandbox()
    sandbox.settings.isOffline = true
    #expect(
      sandbox.failure(from: hub) == .notCached(repository: sandbox.id, missing: ["all files"]))
    sandbox.settings.isOffline = false
    let model = try sandbox.download(from: hub)
    let before = try sandbox.log().count
    sandbox.settings.isOffline = true
    #expect(try sandbox.download(from: hub) == model)
    FileSystem.removeFile("\(model.folder)/\(Self.shard)")
    #expect(
      sandbox.failure(from: hub) == .notCached(repository: sandbox.id, missing: [Self.shard]))
    #expect(try sandbox.log().count == before)
  }

  @Test("of an interrupted download lack only what has not arrived", arguments: hubs)
  func interrupted(hub: HubName) throws {
    let sandbox = try Sandbox()
    try sandbox.fault("status", at: "cdn", ["status": 500, "path": Self.shard, "count": -1])
    #expect(sandbox.failure(from: hub) != nil)
    sandbox.settings.isOffline = true
    #expect(
      sandbox.failure(from: hub) == .notCached(repository: sandbox.id, missing: [Self.shard]))
    let inventory = CacheInventory(settings: sandbox.settings)
    let repository = try #require(try inventory.repositories().first)
    let check = try inventory.verify(
      repository.revisions[0], of: repository, cancellation: Cancellation(), listener: { _ in })
    #expect(check.faults.isEmpty && check.intactFiles == 4)
    #expect(check.absentFiles.contains(Self.shard))
  }

  @Test("in modelscope's old layout are found")
  func oldModelScope() throws {
    let sandbox = try Sandbox()
    let model = try RemoteModel(hub: .modelscope, id: "owner/a.b")
    for place in ModelScopeCache.oldFolders(
      root: sandbox.settings.modelScope.cacheRoot, repository: model.repository)
    {
      let local = LocalModels(settings: sandbox.settings)
      try FileSystem.replace("\(place)/config.json", with: "{}", durably: false)
      // Without a tokenizer, as another tool may leave it, nothing is complete either.
      #expect(
        local.state(of: model)
          == .incomplete(missing: ["vocab.json", "merges.txt", "model.safetensors or its index"]))
      try FileSystem.replace("\(place)/vocab.json", with: "{}", durably: false)
      #expect(
        local.state(of: model)
          == .incomplete(missing: ["merges.txt", "model.safetensors or its index"]))
      try FileSystem.replace("\(place)/merges.txt", with: "a b", durably: false)
      try FileSystem.replace(
        "\(place)/model.safetensors.index.json", with: #"{"weight_map": {"a": "m-1.safetensors"}}"#,
        durably: false)
      #expect(local.state(of: model) == .incomplete(missing: ["m-1.safetensors"]))
      try FileSystem.replace("\(place)/m-1.safetensors", with: "w", durably: false)
      let found = CachedModel(model: model, commit: "master", folder: place)
      #expect(local.state(of: model) == .complete(found))
      try FileManager.default.removeItem(atPath: place)
    }
  }

  @Test("serve the choice between hubs before any network does")
  func choice() throws {
    let sandbox = try Sandbox()
    let models = try Self.hubs.map { try RemoteModel(hub: $0, id: sandbox.id) }
    let downloader = Downloader(settings: sandbox.settings)
    let copy = try sandbox.download(from: .modelscope)
    guard case .cached(copy) = try downloader.choose(among: models) else {
      Issue.record("the cached copy was not taken")
      return
    }
  }

  @Test("leave the choice to the hub that answers", arguments: hubs)
  func race(dead: HubName) throws {
    let sandbox = try Sandbox()
    sandbox.settings.transport.timing.attempts = 2
    try sandbox.fault(
      "status", at: dead == .huggingface ? "api" : "ms-list", ["status": 503, "count": -1])
    let models = try Self.hubs.map { try RemoteModel(hub: $0, id: sandbox.id) }
    let choice = try Downloader(settings: sandbox.settings).choose(among: models)
    guard case .download(let plan) = choice else {
      Issue.record("nothing is cached yet")
      return
    }
    #expect(plan.model.hub != dead)
    #expect(
      plan.neededBytes == 350_001
        + plan.files.filter { $0.file.size < 1000 }.reduce(0) { $0 + $1.file.size })
  }

  @Test("name every hub that failed, and tell of each wait")
  func allFail() throws {
    let sandbox = try Sandbox()
    sandbox.settings.transport.timing.attempts = 2
    for place in ["api", "ms-list"] {
      try sandbox.fault("status", at: place, ["status": 503, "count": -1])
    }
    let models = try Self.hubs.map { try RemoteModel(hub: $0, id: sandbox.id) }
    var waits = 0
    let downloader = Downloader(
      settings: sandbox.settings,
      listener: { if case .waiting = $0 { waits += 1 } })
    let error = #expect(throws: HubError.self) { try downloader.choose(among: models) }
    guard case .noHub(let failures) = error else {
      Issue.record("not all hubs are named: \(String(describing: error))")
      return
    }
    #expect(failures.count == models.count && waits == models.count)
    let offline = HubError.noHub([
      .unreachable(host: "a.example", reason: "no route"),
      .unreachable(host: "b.example", reason: "no name"),
    ])
    #expect("\(offline)".hasPrefix("cannot reach a.example (no route) or b.example (no name); "))
  }

  @Test("go on with the hub that a download was begun from")
  func begun() throws {
    let sandbox = try Sandbox()
    sandbox.settings.transport.timing.attempts = 1
    try sandbox.fault("cut", at: "cdn", ["path": Self.shard, "after": 99_999, "count": -1])
    #expect(sandbox.failure(from: .modelscope) != nil)
    let models = try Self.hubs.map { try RemoteModel(hub: $0, id: sandbox.id) }
    guard
      case .download(let plan) = try Downloader(settings: sandbox.settings).choose(among: models)
    else {
      Issue.record("nothing is complete yet")
      return
    }
    #expect(plan.model.hub == .modelscope)
    #expect(plan.files.contains { $0.file.path.text == Self.shard && $0.state == .partial(99_999) })
  }

  @Test("hold every file where there are no links, those with equal content too")
  func equalContents() throws {
    let temporary = try TemporaryFolder()
    let cache = HuggingFaceCache(
      root: temporary.url.path, repository: try RepositoryID("owner/name"), commit: "c")
    let hash = ContentHash.sha256(String(repeating: "a", count: 64))
    let files = try ["a", "b", "sub/c"].map {
      RemoteFile(path: try RemotePath($0), size: 2, hash: hash)
    }
    for file in files { try cache.prepare(for: file) }
    try FileSystem.replace(cache.target(of: files[0]), with: "{}", durably: false)
    try cache.place(files) { _ in false }
    let places = files.map { "\(cache.snapshotFolder)/\($0.path)" }
    #expect(places.map { readSmallFile($0) } == ["{}", "{}", "{}"])
    #expect(try FileSystem.names(in: cache.partialFolder) == [])
  }

  @Test("hold files where links are not wanted")
  func withoutLinks() throws {
    let sandbox = try Sandbox()
    sandbox.settings.avoidsLinks = true
    let model = try sandbox.download()
    #expect(try sandbox.damaged(in: model) == [])
    #expect(FileSystem.destination(ofLink: "\(model.folder)/config.json") == nil)
  }
}

@Suite("Interruptions", .enabled(if: FakeHub.isPresent, "needs python3"))
struct InterruptionTests {
  private static let shard = "model-00001-of-00002.safetensors"

  @Test("by the user end within a second and keep everything")
  func cancelled() throws {
    let sandbox = try Sandbox()
    try sandbox.fault("stall", at: "cdn", ["path": Self.shard, "after": 200_000, "seconds": 3])
    sandbox.settings.transport.timing.stall = .seconds(5)
    let cancellation = Cancellation()
    DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(400)) {
      cancellation.cancel()
    }
    let start = ContinuousClock.now
    #expect(throws: HubError.cancelled) { try sandbox.download(cancellation: cancellation) }
    #expect(start.duration(to: .now) < .seconds(3))
    let plan = try Downloader(settings: sandbox.settings).plan(
      RemoteModel(hub: .huggingface, id: sandbox.id))
    #expect(
      plan.files.contains { $0.file.path.text == Self.shard && $0.state == .partial(200_000) })
  }

  @Test("do not come from a second download of the same model")
  func twoAtOnce() throws {
    let sandbox = try Sandbox()
    let settings = sandbox.settings
    let id = sandbox.id
    let folders = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 3) { _ in
      let downloader = Downloader(settings: settings)
      if let plan = try? downloader.plan(RemoteModel(hub: .huggingface, id: id)),
        let model = try? downloader.download(plan)
      {
        folders.withLock { $0.append(model.folder) }
      }
    }
    #expect(folders.withLock { $0.count } == 3)
    let shards = try sandbox.log(of: Self.shard).filter { $0.port == "cdn" }
    #expect(shards.count == 1)
    #expect(sandbox.leftovers() == [])
  }

  @Test("for want of room are known before the first byte")
  func noRoom() throws {
    let sandbox = try Sandbox()
    let entry: [String: any Sendable] = [
      "type": "file", "path": "model-00003-of-00003.safetensors", "size": Int64(1) << 49,
      "oid": String(repeating: "a", count: 40),
    ]
    try sandbox.fault("list", at: "api", ["entries": [entry] as [[String: any Sendable]]])
    guard case .diskFull(_, let needed, let free) = sandbox.failure() else {
      Issue.record("expected a full disk")
      return
    }
    #expect(needed > free)
    #expect(try sandbox.log().allSatisfy { $0.path.contains("/api/") })
  }
}
