import Foundation
import TestSupport
import Testing

@testable import Server

@Suite("TLS", .serialized, .enabled(if: Tools.arePresent))
struct TLSTests {
  /// Makes a certificate for localhost and its key.
  private func makeFiles(_ name: String, in folder: URL) throws -> ServerSettings.TLSFiles {
    let files = ServerSettings.TLSFiles(
      certificate: folder.appending(path: "\(name).pem").path,
      key: folder.appending(path: "\(name)-key.pem").path)
    let made = try Tools.run([
      "openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt",
      "ec_paramgen_curve:P-256", "-subj", "/CN=localhost", "-addext",
      "subjectAltName=DNS:localhost", "-keyout", files.key, "-out", files.certificate,
    ])
    try #require(made.status == 0, "\(made.output)")
    return files
  }

  @Test("clients of both versions are answered, in pieces of any size, and others are let go")
  func clients() async throws {
    let folder = try TemporaryFolder()
    let files = try makeFiles("server", in: folder.url)
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "tls_client.py").path
    try await TestServer.with(ServerSettings(tls: files)) { server in
      let done = try await Tools.runBeside(["python3", script, "\(server.port)", files.certificate])
      #expect(done.output == "")
      #expect(done.status == 0)
    }
  }

  @Test("files that are no certificate and its key are refused, with what is wrong")
  func wrongFiles() throws {
    let folder = try TemporaryFolder()
    let (files, others) = (
      try makeFiles("server", in: folder.url), try makeFiles("other", in: folder.url)
    )
    let locked = folder.url.appending(path: "locked.pem").path
    let lock = ["openssl", "ec", "-in", files.key, "-aes256", "-passout", "pass:x", "-out", locked]
    try #require(try Tools.run(lock).status == 0)
    func error(_ certificate: String, _ key: String) -> String? {
      do {
        _ = try TLSContext(ServerSettings.TLSFiles(certificate: certificate, key: key))
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(error(files.certificate, files.key) == nil)
    #expect(error(files.key, files.key)?.contains("no certificate") == true)
    #expect(error(files.certificate, files.certificate)?.contains("no private key") == true)
    #expect(error(files.certificate, locked)?.contains("without a passphrase") == true)
    #expect(error(files.certificate, others.key)?.contains("is not the key") == true)
    #expect(error("/nowhere/server.pem", files.key)?.contains("/nowhere/server.pem") == true)
  }
}

/// Programs that make certificates and play clients.
private enum Tools {
  static let arePresent = FakeHub.isPresent && (try? run(["openssl", "version"]).status) == 0

  /// Runs a program to its end; gives its status and what it printed.
  static func run(_ arguments: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  /// Does the same on a thread of its own, which the server does not need.
  static func runBeside(_ arguments: [String]) async throws -> (status: Int32, output: String) {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "tool").async {
        continuation.resume(with: Result { try run(arguments) })
      }
    }
  }
}
