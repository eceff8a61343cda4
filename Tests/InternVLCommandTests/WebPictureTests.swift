import Foundation
import TestSupport
import Testing

@Suite("Pictures on the web", .enabled(if: FakeHub.isPresent, "needs python3"))
struct WebPictureTests {
  private static let model = SharedFixtures.projectRoot.appending(path: "demo/model").path
  private let folder = "http://127.0.0.1:\(FakeHub.shared.hubPort)/somebody/pictures/resolve/main"

  init() throws {
    let picture = SharedFixtures.projectRoot.appending(path: "demo/pictures/three-shapes.png")
    _ = try FakeHub.shared.send([
      "do": "add", "id": "somebody/pictures", "files": ["three-shapes.png": ["file": picture.path]],
    ])
  }

  private func launch(
    _ arguments: [String], input: String = "", isOffline: Bool = false
  ) throws -> Program.Result {
    try Program.run(
      ["launch", "--model-path", Self.model] + arguments, input: Data(input.utf8),
      environment: ["HF_HUB_OFFLINE": isOffline ? "1" : "", "NO_PROXY": "127.0.0.1"])
  }

  @Test("one that the user names is fetched, by an option or in a chat")
  func fetched() throws {
    let picture = "\(folder)/three-shapes.png"
    let asked = try launch(["-i", picture, "-p", "Describe the picture."])
    #expect(asked.output.hasPrefix("Three shapes: "), "\(asked.errors)")
    let chat = try launch([], input: "/image \(picture) Describe the picture.\n")
    #expect(chat.output == asked.output, "\(chat.errors)")
  }

  @Test("one that cannot be fetched is named, with the reason")
  func unfetched() throws {
    let missing = "\(folder)/missing.png"
    let failed = try launch(["-i", missing, "-p", "What is it?"])
    #expect(failed.status == 1)
    #expect(
      failed.errors.contains("cannot fetch '\(missing)': '127.0.0.1' answered with status 404"))
    let offline = try launch(["-i", missing, "-p", "What is it?"], isOffline: true)
    #expect(offline.errors.contains("'\(missing)' is on the web, and the network is off"))
  }

  @Test("a question of a script, which may be somebody else's text, fetches nothing")
  func script() throws {
    let script = try launch(
      ["--max-tokens", "4"], input: "\(folder)/missing.png What is it?\n/show\n")
    #expect(script.status == 0 && !script.errors.contains("cannot fetch"), "\(script.errors)")
  }
}
