import ArgumentParser
import Foundation
import Server
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("Opening the page")
struct BrowserTests {
  private func open(_ address: String, with command: String) async -> Bool {
    await withCheckedContinuation { continuation in
      Browser.open(address, with: command) { continuation.resume(returning: $0) }
    }
  }

  @Test("the browser's command gets the address as it is")
  func address() async throws {
    let folder = try TemporaryFolder()
    let file = folder.url.appending(path: "opened")
    let address = "http://[::1]:9997/?a='$HOME'&b"
    #expect(await open(address, with: ">'\(file.path)' printf %s"))
    #expect(try String(contentsOf: file, encoding: .utf8) == address)
  }

  @Test(
    "a browser that is not there, or fails, is not taken for an open page",
    arguments: ["no-such-program", "false"])
  func failure(command: String) async {
    #expect(await !open("http://localhost:9997", with: command))
  }

  @Test("a server that listens everywhere has its page on this machine")
  func everywhere() throws {
    for (host, page) in [
      ("0.0.0.0", "http://localhost:81"), ("::", "http://localhost:81"),
      ("::1", "http://[::1]:81"), ("192.0.2.1", "http://192.0.2.1:81"),
    ] {
      let listening = try ListeningChoice.parse(["--host", host, "--port", "81"])
      #expect(ServerSettings(address: listening.address).page(port: nil) == page)
    }
    #expect(throws: (any Error).self) {
      try ServeCommand.parse(["--open", "--unix-socket", "/tmp/socket"])
    }
  }
}
