import Foundation
import TestSupport
import Testing

/// The chat on a pseudo-terminal, with the demo model.
@Suite("The program's chat")
struct ChatProgramTests {
  private static let model = SharedFixtures.projectRoot.appending(path: "demo/model").path

  /// Types into a chat when it is ready, leaves after the first answer, and prints the answers.
  ///
  /// Ctrl-D would be lost before the editor has the terminal again; a line is not.
  private static let script = """
    import os, pty, subprocess, sys
    keys = os.fsencode(sys.argv[3])
    master, slave = pty.openpty()
    chat = subprocess.Popen(
        [sys.argv[1], "launch", "--model-path", sys.argv[2], "--max-tokens", "8"],
        stdin=slave, stderr=slave, stdout=subprocess.PIPE)
    os.close(slave)
    seen = b""
    while b"> " not in seen:
        seen += os.read(master, 4096)
    os.write(master, keys)
    first = chat.stdout.readline()
    os.write(master, b"/exit\\r")
    sys.stdout.buffer.write(first + chat.stdout.read())
    """

  @Test(
    "several lines are one question, pasted or with Alt-Enter between them",
    arguments: ["\u{1B}[200~What is it?\rSay it.\u{1B}[201~\r", "What is it?\u{1B}\rSay it.\r"])
  func lines(keys: String) throws {
    let chat = try Program.python(Self.script, [Program.executable.path, Self.model, keys])
    let once = try Program.run(
      ["launch", "--model-path", Self.model, "-p", "What is it?\nSay it.", "--max-tokens", "8"])
    #expect(String(decoding: chat, as: UTF8.self) == once.output)
  }
}
