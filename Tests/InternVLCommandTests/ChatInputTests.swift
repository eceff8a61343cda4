import Foundation
import InternVL
import Testing

@testable import InternVLCommand

@Suite("What a chat's line means")
struct ChatInputTests {
  @Test(
    "lines are commands, questions or nothing",
    arguments: [
      ("", ChatInput.nothing), ("  \n", .nothing), ("What is it?", .question("What is it?")),
      ("/clear", .command(.clear, "")), ("  /help ", .command(.help, "")),
      ("/?", .command(.help, "")), ("/exit", .command(.exit, "")), ("/quit", .command(.exit, "")),
      ("exit", .command(.exit, "")), ("Quit", .command(.exit, "")),
      ("exit now", .question("exit now")),
      ("/imges", .unknown("/imges", suggestion: "/images")), ("/", .unknown("/", suggestion: nil)),
      ("/image", .command(.image, "")), ("/image  a b.png ", .command(.image, "a b.png")),
      ("/image a.png\nWhat is it?", .command(.image, "a.png\nWhat is it?")),
      ("/home/me/cat.jpg", .question("/home/me/cat.jpg")),
    ] as [(String, ChatInput)])
  func lines(line: String, meaning: ChatInput) { #expect(ChatInput(line) == meaning) }

  @Test("in a chat, an answer that is cut and a full context name the chat's own ways out")
  func sentences() throws {
    let sentences = [
      Advice.chatSentence(InternVLError.promptTooLong(tokens: 9000, context: 8192)),
      Advice.chatSentence(Reply.Note.tokenLimit(tokens: 1024)),
      Advice.chatSentence(Reply.Note.contextFull(tokens: 7)),
    ]
    try expectSnapshot(sentences.map { $0 + "\n" }.joined(), "chat-advice")
  }

  @Test("an answer cannot ask for a picture")
  func answers() {
    #expect(Message.answer("<image> <IMG_CONTEXT>").parts == [.text("<image> < IMG_CONTEXT>")])
  }

  /// Lines that are given one after the other.
  private final class Lines: ChatLines {
    private var lines: [ChatLineInput]
    init(_ lines: [ChatLineInput]) { self.lines = lines }
    func next(isWithin: Bool) -> ChatLineInput { lines.isEmpty ? .end : lines.removeFirst() }
    func remember(_ line: String) {}
  }

  @Test("a text between three quotes is one question")
  func blocks() {
    let lines = Lines([
      .line("\"\"\"What"), .line("  is"), .line("it?\"\"\""), .line("\"\"\"short\"\"\""),
      .line("say \"\"\"it"), .line("\"\"\"open"), .interrupted, .line("\"\"\""), .line("x"), .end,
    ])
    #expect(lines.nextText() == .line("What\n  is\nit?"))
    #expect(lines.nextText() == .line("short"))
    #expect(lines.nextText() == .line("say \"\"\"it"))
    #expect(lines.nextText() == .interrupted)
    #expect(lines.nextText() == .line("\nx"))
    #expect(lines.nextText() == .end)
  }

  @Test("a piped text is a script where it has a command, else one question")
  func scripts() throws {
    #expect(ScriptLines("What is it?\nSay it.") == nil)
    #expect(ScriptLines("exit") == nil)
    #expect(ScriptLines("/home/me is a folder") == nil)
    let script = try #require(ScriptLines("/image a.png\nWhat is it?"))
    #expect(script.nextText() == .line("/image a.png"))
    #expect(script.nextText() == .line("What is it?"))
    #expect(script.nextText() == .end)
  }
}
