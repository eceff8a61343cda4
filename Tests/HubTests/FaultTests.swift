import Foundation
import Registry
import TestSupport
import Testing

@testable import Hub

/// What a misbehaving hub or network does to a download.
@Suite("Download faults", .enabled(if: FakeHub.isPresent, "needs python3"))
struct FaultTests {
  private static let shard = "model-00001-of-00002.safetensors"

  /// A fault that a download survives.
  struct Survivable: CustomTestStringConvertible {
    let name: String
    let place: String
    var options: [String: any Sendable] = [:]
    var testDescription: String { "\(name) at \(place) \(options)" }
  }

  @Test(
    "ends in the right bytes after a passing fault",
    arguments: [
      Survivable(name: "flip", place: "cdn", options: ["path": shard, "offset": 5]),
      Survivable(name: "longer", place: "cdn", options: ["path": shard, "by": 10]),
      Survivable(name: "shorter", place: "cdn", options: ["path": shard, "by": 10]),
      Survivable(name: "chunked", place: "cdn", options: ["path": shard]),
      Survivable(name: "stall", place: "cdn", options: ["path": shard, "after": 100_000]),
      Survivable(name: "stall-head", place: "cdn", options: ["path": shard]),
      Survivable(name: "drip", place: "cdn", options: ["path": shard, "seconds": 0.02]),
      Survivable(name: "close", place: "api"),
      Survivable(name: "close", place: "resolve"),
      Survivable(name: "expire", place: "cdn", options: ["path": shard]),
      Survivable(name: "gzip", place: "resolve", options: ["path": "tokenizer.json"]),
      Survivable(name: "relative", place: "resolve", options: ["count": -1]),
      Survivable(name: "pages", place: "api", options: ["size": 3, "count": -1]),
      Survivable(name: "status", place: "api", options: ["status": 503]),
      Survivable(name: "status", place: "resolve", options: ["status": 503]),
      Survivable(name: "status", place: "cdn", options: ["status": 500, "count": 3]),
      Survivable(
        name: "status", place: "api",
        options: ["status": 429, "headers": ["RateLimit": #""api";r=0;t=2"#]]),
      Survivable(
        name: "status", place: "resolve",
        options: ["status": 429, "headers": ["Retry-After": "2"]]),
      Survivable(
        name: "status", place: "cdn",
        options: [
          "status": 429, "count": 2,
          "headers": ["Retry-After": "1", "RateLimit": #""resolvers";r=0;t=1"#],
        ]),
    ])
  func survives(fault: Survivable) throws {
    let sandbox = try Sandbox()
    if ["stall", "stall-head", "drip"].contains(fault.name) { sandbox.noticeStallsSoon() }
    try sandbox.fault(fault.name, at: fault.place, fault.options)
    let model = try sandbox.download()
    #expect(try sandbox.damaged(in: model) == [])
    #expect(sandbox.leftovers() == [])
  }

  @Test(
    "resumes around servers that answer ranges wrongly",
    arguments: ["ignore-range", "wrong-range", "416"], [1, -1])
  func wrongRanges(fault: String, count: Int) throws {
    let sandbox = try Sandbox()
    try sandbox.fault("cut", at: "cdn", ["path": Self.shard, "after": 100_000])
    try sandbox.fault(fault, at: "cdn", ["path": Self.shard, "count": count])
    let model = try sandbox.download()
    #expect(try sandbox.damaged(in: model) == [])
  }

  @Test("keeps the bytes that are there when a server sends them again", arguments: CacheTests.hubs)
  func wrongRepetition(hub: HubName) throws {
    let sandbox = try Sandbox(files: [
      "config.json": .text("{}"), Self.shard: .random(3_000_000, seed: 1),
    ])
    try sandbox.fault("cut", at: "cdn", ["path": Self.shard, "after": 2_000_000])
    try sandbox.fault("ignore-range", at: "cdn", ["path": Self.shard, "count": -1])
    let again: [String: any Sendable] = ["offset": 100, "skip": 1, "count": -1]
    try sandbox.fault("flip", at: "cdn", again.merging(["path": Self.shard]) { $1 })
    let model = try sandbox.download(from: hub)
    #expect(try sandbox.damaged(in: model) == [])
  }

  @Test("survives ModelScope's faults", arguments: ["close", "status"], ["ms-list", "ms-file"])
  func modelScope(fault: String, place: String) throws {
    let sandbox = try Sandbox()
    try sandbox.fault(fault, at: place, ["status": 503, "headers": ["Retry-After": "1"]])
    let model = try sandbox.download(from: .modelscope)
    #expect(try sandbox.damaged(in: model) == [])
  }

  @Test("tells of a wait that the hub asks for")
  func visibleWait() throws {
    let sandbox = try Sandbox()
    try sandbox.fault("status", at: "api", ["status": 429, "headers": ["Retry-After": "3"]])
    try sandbox.download()
    let seconds = sandbox.events.compactMap { event -> Double? in
      guard case .waiting(_, .busy(status: 429), let seconds) = event else { return nil }
      return seconds
    }
    #expect(seconds == [0.06])
  }

  @Test("gives up on what does not pass, and says which it is")
  func lastingFaults() throws {
    let cases: [(String, String, [String: any Sendable], (HubError) -> Bool)] = [
      ("flip", "cdn", ["path": Self.shard], { if case .hashMismatch = $0 { true } else { false } }),
      ("shorter", "cdn", [:], { if case .brokenTransfer = $0 { true } else { false } }),
      ("longer", "cdn", ["by": 9], { if case .brokenTransfer = $0 { true } else { false } }),
      ("close", "api", [:], { if case .unreachable = $0 { true } else { false } }),
      ("portal", "api", [:], { if case .notAHub = $0 { true } else { false } }),
      ("portal", "resolve", [:], { if case .notAHub = $0 { true } else { false } }),
      ("no-commit", "resolve", [:], { if case .notAHub = $0 { true } else { false } }),
      (
        "pages", "api", ["size": 3, "endless": true],
        { if case .notAHub = $0 { true } else { false } }
      ),
      ("loop", "api", [:], { if case .tooManyRedirects = $0 { true } else { false } }),
      ("loop", "resolve", [:], { if case .tooManyRedirects = $0 { true } else { false } }),
      ("loop", "cdn", [:], { if case .tooManyRedirects = $0 { true } else { false } }),
      (
        "redirect", "api", ["to": "file:///etc/passwd"],
        { if case .refusedRedirect = $0 { true } else { false } }
      ),
      (
        "redirect", "resolve", ["to": "http://user:secret@127.0.0.1/"],
        { if case .refusedRedirect = $0 { true } else { false } }
      ),
      (
        "status", "api", ["status": 403], { if case .forbidden = $0 { true } else { false } }
      ),
      ("status", "resolve", ["status": 403], { if case .forbidden = $0 { true } else { false } }),
      (
        "status", "api", ["status": 429, "headers": ["Retry-After": "3600"]],
        { $0 == .rateLimited(host: "127.0.0.1", seconds: 3600) }
      ),
      (
        "status", "api", ["status": 503],
        { if case .serverFailed(_, 503, _) = $0 { true } else { false } }
      ),
      (
        "etag", "resolve", ["etag": String(repeating: "a", count: 64)],
        { if case .changed = $0 { true } else { false } }
      ),
    ]
    for (name, place, options, isExpected) in cases {
      let sandbox = try Sandbox()
      sandbox.settings.transport.timing.attempts = 3
      try sandbox.fault(name, at: place, options.merging(["count": -1]) { $1 })
      let failure = sandbox.failure()
      #expect(
        failure.map(isExpected) == true, "\(name) at \(place): \(String(describing: failure))")
    }
  }

  @Test(
    "ends a stall, in a head or in a body",
    arguments: [("stall-head", "api"), ("stall-head", "cdn"), ("stall", "cdn")])
  func lastingStall(fault: String, place: String) throws {
    let sandbox = try Sandbox()
    sandbox.settings.transport.timing.attempts = 2
    sandbox.noticeStallsSoon()
    try sandbox.fault(fault, at: place, ["after": 10, "count": -1, "seconds": 30])
    guard case .stalled = sandbox.failure() else {
      Issue.record("no stall")
      return
    }
  }

  @Test("keeps a repository that was renamed under its old name")
  func renamed() throws {
    let sandbox = try Sandbox()
    let successor = try Sandbox()
    try sandbox.fault("moved", at: "api", ["to": successor.id, "count": -1])
    try sandbox.fault("moved", at: "resolve", ["to": successor.id, "count": -1])
    let model = try sandbox.download()
    #expect(try sandbox.damaged(in: model) == [])
    #expect(model.folder.contains(sandbox.id.replacing("/", with: "--")))
  }

  @Test("goes on with the new files when the hub changes them meanwhile", arguments: [true, false])
  func changedMeanwhile(isModelScope: Bool) throws {
    let hub: HubName = isModelScope ? .modelscope : .huggingface
    let sandbox = try Sandbox()
    let downloader = Downloader(settings: sandbox.settings)
    let plan = try downloader.plan(RemoteModel(hub: hub, id: sandbox.id))
    var files = Sandbox.model
    files[Self.shard] = .random(300_000, seed: 9)
    try sandbox.publish(files)
    let model = try downloader.download(plan)
    #expect(try sandbox.damaged(in: model) == [])
    #expect(model.commit == (isModelScope ? "master" : sandbox.commit))
  }

  @Test("refuses a step from https to http, and addresses that are not for the web")
  func redirectTargets() throws {
    let secure = try #require(WebAddress("https://hub.example/a/b?c"))
    for (location, expected) in [
      ("/d", "https://hub.example/d"), ("d", "https://hub.example/a/d"),
      ("https://other.example/", "https://other.example/"),
    ] {
      var head = try #require(HTTPHead(statusLine: "HTTP/1.1 302 Found"))
      head.add(line: "Location: \(location)")
      #expect(try Redirect.target(of: head, from: secure)?.text == expected)
    }
    for location in [
      "http://hub.example/", "ftp://hub.example/", "file:///etc/passwd", "https://a:b@hub.example/",
      "//user@hub.example/", "gopher://x", "https://", "javascript:alert(1)",
    ] {
      var head = try #require(HTTPHead(statusLine: "HTTP/1.1 302 Found"))
      head.add(line: "Location: \(location)")
      #expect(throws: HubError.self) { try Redirect.target(of: head, from: secure) }
    }
  }
}
