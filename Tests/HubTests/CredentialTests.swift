import Foundation
import Registry
import TestSupport
import Testing

@testable import Hub

@Suite("Credentials", .enabled(if: FakeHub.isPresent, "needs python3"))
struct CredentialTests {
  @Test(
    "go to the hub and never to the object store", arguments: [HubName.huggingface, .modelscope])
  func stayWithTheHub(hub: HubName) throws {
    let sandbox = try Sandbox()
    sandbox.settings.huggingFace.token = "secret"
    sandbox.settings.modelScope.token = "secret"
    try sandbox.download(from: hub)
    let log = try sandbox.log()
    #expect(log.contains { $0.port == "cdn" } && log.contains { $0.port == "hub" })
    for request in log {
      let isHub = request.port == "hub"
      #expect(request.authorization == (isHub ? "Bearer secret" : nil))
      #expect(request.cookie == (isHub && hub == .modelscope ? "m_session_id=secret" : nil))
    }
  }

  @Test("are dropped when a listing leads elsewhere")
  func listingElsewhere() throws {
    let sandbox = try Sandbox()
    sandbox.settings.huggingFace.token = "secret"
    let address = "http://127.0.0.1:\(FakeHub.shared.storePort)/\(sandbox.id)/config.json"
    try sandbox.fault("redirect", at: "api", ["to": address])
    #expect(sandbox.failure() != nil)
    let elsewhere = try sandbox.log().filter { $0.port == "cdn" }
    #expect(elsewhere.count == 1 && elsewhere.allSatisfy { $0.authorization == nil })
  }

  @Test("appear in no message and no event")
  func areNeverShown() throws {
    let sandbox = try Sandbox()
    sandbox.settings.huggingFace.token = "secret-token"
    try sandbox.fault("status", at: "resolve", ["status": 503, "count": 2])
    try sandbox.fault("status", at: "resolve", ["status": 401, "count": -1])
    let failure = try #require(sandbox.failure())
    #expect(failure == .badToken(hub: .huggingface))
    #expect(!"\(failure) \(sandbox.events)".contains("secret-token"))
  }
}

@Suite("Refusals", .enabled(if: FakeHub.isPresent, "needs python3"))
struct RefusalTests {
  private func failure(
    _ sandbox: Sandbox, id: String? = nil, revision: String? = nil, hub: HubName = .huggingface
  ) -> HubError? {
    do throws(HubError) {
      _ = try Downloader(settings: sandbox.settings).plan(
        RemoteModel(hub: hub, id: id ?? sandbox.id, revision: revision))
      return nil
    } catch {
      return error
    }
  }

  @Test("of a missing repository, with and without a token")
  func missingRepository() throws {
    let sandbox = try Sandbox()
    #expect(
      failure(sandbox, id: "tests/none")
        == .repositoryMissing(repository: "tests/none", hub: .huggingface, tokenSent: false))
    #expect(
      failure(sandbox, id: "tests/none", hub: .modelscope)
        == .repositoryMissing(repository: "tests/none", hub: .modelscope, tokenSent: false))
    sandbox.settings.huggingFace.token = "t"
    #expect(
      failure(sandbox, id: "tests/none")
        == .repositoryMissing(repository: "tests/none", hub: .huggingface, tokenSent: true))
  }

  @Test("of a gated repository, with and without a token", arguments: ["auto", "manual"])
  func gated(kind: String) throws {
    let sandbox = try Sandbox(options: ["gated": kind])
    let host = sandbox.settings.huggingFace.endpoint.text.trimmingSlashes
    #expect(failure(sandbox) == .gated(repository: sandbox.id, host: host, tokenSent: false))
    sandbox.settings.huggingFace.token = "t"
    #expect(
      failure(sandbox)
        == (kind == "manual" ? .gated(repository: sandbox.id, host: host, tokenSent: true) : nil))
  }

  @Test("of a missing revision")
  func missingRevision() throws {
    let sandbox = try Sandbox()
    for hub in [HubName.huggingface, .modelscope] {
      #expect(
        failure(sandbox, revision: "nope", hub: hub)
          == .revisionMissing(repository: sandbox.id, revision: "nope"))
    }
    #expect(failure(sandbox, revision: "refs/pr/1") == nil)
    #expect(failure(sandbox, revision: sandbox.commit) == nil)
  }

  @Test("of a token that is wrong")
  func wrongToken() throws {
    let sandbox = try Sandbox()
    sandbox.settings.modelScope.token = "wrong"
    let body: [String: any Sendable] = [
      "Code": 10_010_103_009, "Success": false, "Message": "bad access token",
    ]
    try sandbox.fault("status", at: "ms-list", ["status": 400, "body": body])
    #expect(failure(sandbox, hub: .modelscope) == .badToken(hub: .modelscope))
    sandbox.settings.huggingFace.token = "wrong"
    try sandbox.fault("status", at: "api", ["status": 401])
    #expect(failure(sandbox) == .badToken(hub: .huggingface))
  }

  @Test("of a hub that asks for a token")
  func neededToken() throws {
    let sandbox = try Sandbox()
    for (hub, place) in [(HubName.huggingface, "api"), (.modelscope, "ms-list")] {
      try sandbox.fault("status", at: place, ["status": 401])
      #expect(
        failure(sandbox, hub: hub)
          == .repositoryMissing(repository: sandbox.id, hub: hub, tokenSent: false))
    }
  }

  @Test("of a file that is listed and not served")
  func missingFile() throws {
    let sandbox = try Sandbox()
    let code = ["X-Error-Code": "EntryNotFound"]
    for (hub, place) in [(HubName.huggingface, "resolve"), (.modelscope, "ms-file")] {
      try sandbox.fault(
        "status", at: place,
        ["status": 404, "headers": code, "path": "config.json", "count": -1])
      #expect(
        sandbox.failure(from: hub) == .fileMissing(repository: sandbox.id, path: "config.json"))
      #expect(sandbox.failure(from: hub)?.description.contains("'config.json'") == true)
    }
  }

  @Test("of a host that is not there")
  func unreachable() throws {
    let sandbox = try Sandbox()
    sandbox.settings.huggingFace.endpoint = try #require(WebAddress("http://127.0.0.1:9"))
    sandbox.settings.transport.timing.attempts = 2
    guard case .unreachable(host: "127.0.0.1", _) = failure(sandbox) else {
      Issue.record("expected an unreachable host")
      return
    }
  }

  @Test("of a server without TLS where https is asked for")
  func noTLS() throws {
    let sandbox = try Sandbox()
    sandbox.settings.huggingFace.endpoint = try #require(
      WebAddress("https://127.0.0.1:\(FakeHub.shared.hubPort)"))
    guard case .tlsFailed = failure(sandbox) else {
      Issue.record("expected a TLS failure")
      return
    }
  }
}
