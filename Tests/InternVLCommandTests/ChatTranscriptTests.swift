import Foundation
import TestSupport
import Testing

/// The chat as somebody at a terminal sees it, with the demo model.
@Suite("Transcripts of the chat", .enabled(if: TerminalSession.isPossible, "tmux is not installed"))
struct ChatTranscriptTests {
  private static let pictures = SharedFixtures.projectRoot.appending(path: "demo/pictures")
  private static let model = SharedFixtures.projectRoot.appending(path: "demo/model").path
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Begins a chat whose files lie in the test's folder.
  private func chat(
    _ options: String = "", columns: Int = 80, environment: [String: String] = [:]
  ) throws -> TerminalSession {
    let session = try TerminalSession(
      "'\(Program.executable.path)' launch --model-path '\(Self.model)' \(options)",
      columns: columns,
      environment: [
        "XDG_STATE_HOME": folder.url.path,
        "XDG_CACHE_HOME": folder.url.appending(path: "cache").path,
        "HF_HUB_OFFLINE": "1",
      ].merging(environment) { $1 })
    try session.wait(for: "\n>")
    return session
  }

  private func leave(_ session: TerminalSession) throws {
    try session.type("exit")
    try session.press("Enter")
    try session.wait(for: "ended with 0")
  }

  /// Copies a picture of the demo into the test's folder.
  private func picture(_ name: String, as copy: String) throws -> String {
    let url = folder.url.appending(path: copy)
    try? FileManager.default.removeItem(at: url)
    try FileManager.default.copyItem(at: Self.pictures.appending(path: name), to: url)
    return url.path
  }

  @Test("keys that move do, and those without a meaning insert nothing")
  func keys() throws {
    let session = try chat()
    try session.type("bc ef")
    try session.press("BTab", "PPage", "NPage", "F1", "F5", "F12", "S-Up", "Home")
    try session.type("a")
    try session.press("End", "C-Left")
    try session.type("d")
    try session.press("Home", "C-Right", "DC", "End")
    try session.type("!")
    #expect(try session.wait(for: "!").hasSuffix("> abcdef!"))
    try session.press("Left", "C-u")
    #expect(try session.wait(for: "> !").hasSuffix("> !"))
    try session.press("C-c")
    try session.type("/im")
    try session.press("Tab", "Tab")
    try session.wait(for: "/image  /images")
    try session.press("C-c")
    try leave(session)
  }

  @Test("a byte that is not UTF-8 is told, and the chat goes on")
  func otherCharset() throws {
    let session = try chat()
    try session.send(bytes: "2f", "68", "e9", "65", "6c", "70", "0d")
    try session.wait(for: "internvl: left out 1 byte that is not UTF-8")
    try session.wait(for: "Ctrl-C stops an answer")
    try leave(session)
  }

  @Test("Ctrl-\\ ends without a report and leaves the terminal as it was")
  func quit() throws {
    let session = try chat()
    try session.press("C-\\")
    try session.wait(for: "ended with 131")
    try session.type("echoed")
    let screen = try session.wait(for: "echoed")
    #expect(!screen.contains("Crash") && !screen.contains("Backtrace"))
  }

  @Test("Ctrl-C while a picture is read returns to the prompt")
  func unreadPicture() throws {
    let pipe = folder.url.appending(path: "pipe").path
    mkfifo(pipe, 0o600)
    // Somebody has it open and writes nothing.
    let writer = open(pipe, O_RDWR)
    defer { close(writer) }
    let session = try chat(columns: 200)
    try session.type("/image \(pipe)")
    try session.press("Enter")
    try session.wait(for: "reading pipe")
    try session.press("C-c")
    try session.wait(for: "Stopped; '\(pipe)' is not added.")
    try leave(session)
  }

  @Test("Ctrl-C while a chat is brought back returns to the prompt, and the chat stays")
  func unreadChat() throws {
    let pipe = folder.url.appending(path: "pipe").path
    mkfifo(pipe, 0o600)
    let writer = open(pipe, O_RDWR)
    defer { close(writer) }
    let file = try folder.write(
      #"[{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "pipe"}}]}]"#,
      to: "chat.json")
    let session = try chat(columns: 200)
    try session.type("/system Be brief.")
    try session.press("Enter")
    try session.wait(for: "The system message is: Be brief.")
    try session.type("/load \(file.path)")
    try session.press("Enter")
    try session.wait(for: "reading \(file.path)")
    try session.press("C-c")
    try session.wait(for: "Stopped; the chat stays as it was.")
    try session.type("/system")
    try session.press("Enter")
    let screen = try session.wait(for: "> /system\nThe system message is: Be brief.")
    #expect(!screen.contains("ended with"))
    try leave(session)
  }

  @Test("a dropped picture is asked about, and the chat goes on in another launch")
  func pictures() throws {
    let path = try picture("three-shapes.png", as: "my shapes.png")
    let session = try chat()
    try session.type("'\(path)' ")
    try session.press("Enter")
    try session.wait(for: "1 picture will go with your next question: my shapes.png")
    try session.type("Describe the picture.")
    try session.press("Enter")
    try session.wait(for: "Three shapes:")
    try session.type("/context")
    try session.press("Enter")
    try session.wait(for: "tokens are used")
    try leave(session)

    let next = try chat("--continue")
    try next.wait(for: "The chat goes on after 1 question, the last one: Describe the picture.")
    try next.press("Up", "Up", "Up")
    try next.wait(for: "> Describe the picture.")
    try next.press("C-c")
    try next.type("/undo")
    try next.press("Enter")
    try next.wait(for: "Taken back: Describe the picture.")
    try next.type("/images drop 1")
    try next.press("Enter")
    try next.wait(for: "There are no pictures.")
    try leave(next)
  }

  @Test("a picture that changed between two launches is noticed")
  func changedPicture() throws {
    let path = try picture("three-shapes.png", as: "shapes.png")
    let session = try chat("--max-tokens 4", columns: 200)
    try session.type("/image \(path) What is it?")
    try session.press("Enter")
    try session.wait(for: "the answer is cut after 4 tokens; /set max-tokens 8 and /again for more")
    try session.type("/save \(folder.url.path)/chat.md")
    try session.press("Enter")
    try session.wait(for: "Saved in")
    try leave(session)
    #expect(try folder.read("chat.md").hasPrefix("![shapes.png](<\(path)>)\n\n> What is it?\n\n"))
    _ = try picture("four-shapes.png", as: "shapes.png")
    let next = try chat("--continue", columns: 200)
    try next.wait(for: "shapes.png' has changed since it was shown")
  }

  @Test(
    "a plain chat says what is done by lines that stay, and a usual one by a line that goes away")
  func plain() throws {
    let path = try picture("three-shapes.png", as: "shapes.png")
    for (options, staysVisible) in [("--plain", true), ("", false)] {
      let session = try chat("--max-tokens 4 --no-history \(options)")
      try session.type("/image \(path) What is it?")
      try session.press("Enter")
      let screen = try session.wait(for: "the answer is cut")
      #expect(screen.contains("looking at shapes.png\nreading the prompt\n") == staysVisible)
      #expect(screen.contains("looking at") == staysVisible)
      try leave(session)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "internvl").path))
  }
}
