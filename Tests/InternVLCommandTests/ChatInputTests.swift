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
      ("/clear", .clear), ("  /help ", .help), ("/exit", .exit), ("/quit", .exit),
      ("/images", .unknown("/images")), ("/", .unknown("/")),
      ("/image", .image("")), ("/image a b.png", .image("a b.png")),
      ("/image 'a b.png'", .image("a b.png")), ("/image \"a b.png\" ", .image("a b.png")),
      ("/image a\\ b.png", .image("a b.png")), ("/image it's.png", .image("it's.png")),
      (#"/image t/photo\ \(1\).jpg "#, .image("t/photo (1).jpg")),
      (#"/image 'it'\''s (1).png'"#, .image("it's (1).png")),
      (#"/image 'a\b.png'"#, .image(#"a\b.png"#)),
    ] as [(String, ChatInput)])
  func lines(line: String, meaning: ChatInput) { #expect(ChatInput(line) == meaning) }

  @Test("a path may start in the home folder")
  func home() {
    #expect(ChatInput("/image ~/a.png") == .image(NSHomeDirectory() + "/a.png"))
  }

  @Test("where a conversation is full, the chat names its own way out")
  func fullConversation() {
    #expect(
      Chat.sentence(.promptTooLong(tokens: 9000, context: 8192))
        .hasSuffix("or raise --context-length, or /clear to begin anew"))
  }

  @Test("an answer cannot ask for a picture")
  func answers() {
    #expect(Message.answer("<image> <IMG_CONTEXT>").parts == [.text("<image> < IMG_CONTEXT>")])
  }
}
