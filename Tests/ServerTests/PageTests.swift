import Foundation
import TestSupport
import Testing

@testable import Server

@Suite("The page", .serialized)
struct PageTests {
  @Test("a browser gets it without a key, under a policy that allows nothing inline")
  func files() async throws {
    try await TestServer.with(ServerSettings(apiKeys: ["key"])) { server in
      for (path, file) in PageFiles.all {
        let answer = try await server.get(path)
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == file.type)
        #expect(answer.body == String(decoding: file.bytes, as: UTF8.self))
        let policy = answer.headers["content-security-policy"] ?? ""
        #expect(policy.hasPrefix("default-src 'none'"))
        #expect(!policy.contains("unsafe"))
      }
    }
  }

  @Test("all of its files are served, and they are under 100 KB together")
  func size() throws {
    let folder = SharedFixtures.projectRoot.appending(path: "Sources/Server/Page")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(names.map { $0 == "index.html" ? "/" : "/\($0)" }) == Set(PageFiles.all.keys))
    #expect(PageFiles.all.values.reduce(0) { $0 + $1.bytes.count } < 100_000)
  }
}
