import Imaging
import Testing

@testable import InternVL

@Suite("Conversation template")
struct ConversationTemplateTests {
  private let picture = Image(RGBImage(width: 1, height: 1, pixels: [0, 0, 0]))

  private func prompt(
    _ messages: [Message], images: Int = 0, by template: ConversationTemplate = .internVL2_5,
    system: String? = "S"
  ) throws -> String {
    var template = template
    template.systemMessage = system
    let parts = try template.prompt(
      Conversation(messages: messages, images: Array(repeating: picture, count: images)))
    return Message(role: .user, parts: parts).content
  }

  @Test("a question becomes a turn after the system message")
  func question() throws {
    #expect(
      try prompt([Message(role: .user, content: "Hi")])
        == "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    )
  }

  @Test("a system message replaces the default")
  func system() throws {
    let text = try prompt([
      Message(role: .system, content: "Be brief."), Message(role: .user, content: "Hi"),
    ])
    #expect(text.hasPrefix("<|im_start|>system\nBe brief.<|im_end|>\n"))
  }

  @Test("an empty system message means none, and so does a template without one")
  func noSystem() throws {
    let question = Message(role: .user, content: "Hi")
    let expected = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    #expect(try prompt([Message(role: .system, content: ""), question]) == expected)
    #expect(try prompt([question], by: .transformers, system: nil) == expected)
  }

  @Test("the templates of InternVL2 put nothing between messages")
  func internVL2() throws {
    let messages = [
      Message(role: .user, content: "Hi"), Message(role: .assistant, content: "Yes?"),
      Message(role: .user, content: "Bye"),
    ]
    for template in [ConversationTemplate.hermes2, .internLM2Chat] {
      #expect(
        try prompt(messages, by: template)
          == "<|im_start|>system\nS<|im_end|><|im_start|>user\nHi<|im_end|>"
          + "<|im_start|>assistant\nYes?<|im_end|><|im_start|>user\nBye<|im_end|>"
          + "<|im_start|>assistant\n")
    }
  }

  @Test("transformers' template does not number pictures")
  func notNumbered() throws {
    let text = try prompt(
      [Message(role: .user, content: "What?")], images: 2, by: .transformers, system: nil)
    #expect(text.hasPrefix("<|im_start|>user\n<image>\n<image>\nWhat?<|im_end|>"))
  }

  @Test("one picture without a placeholder goes in front of the question")
  func onePicture() throws {
    let text = try prompt([Message(role: .user, content: "What?")], images: 1)
    #expect(text.contains("user\n<image>\nWhat?<|im_end|>"))
  }

  @Test("several pictures without placeholders are numbered")
  func severalPictures() throws {
    let text = try prompt([Message(role: .user, content: "What?")], images: 2)
    #expect(text.contains("user\nImage-1: <image>\nImage-2: <image>\nWhat?<|im_end|>"))
  }

  @Test("pictures stand in front of a later question, too, unless it says where")
  func questions() {
    let template = ConversationTemplate.internVL2_5
    #expect(template.question("Why?", images: 0) == "Why?")
    #expect(template.question("Why?", images: 1) == "<image>\nWhy?")
    #expect(template.question("Why?", images: 2) == "Image-1: <image>\nImage-2: <image>\nWhy?")
    #expect(template.question("Is <image> it?", images: 1) == "Is <image> it?")
  }

  @Test("a placeholder that is there stays where it is")
  func placeholder() throws {
    let text = try prompt([Message(role: .user, content: "Look: <image> What?")], images: 1)
    #expect(text.contains("user\nLook: <image> What?<|im_end|>"))
  }

  @Test("a conversation that does not end with the user's turn is refused")
  func noQuestion() {
    #expect(throws: InternVLError.self) { try prompt([]) }
    #expect(throws: InternVLError.self) { try prompt([Message(role: .assistant, content: "x")]) }
  }

  @Test("placeholders become one run of image tokens a picture, in order")
  func expansion() throws {
    #expect(
      try ConversationTemplate.expand(
        [.text("a"), .image, .text("b"), .image], imageTokens: [1, 2])
        == "a<img><IMG_CONTEXT></img>b<img><IMG_CONTEXT><IMG_CONTEXT></img>")
  }

  @Test("more or fewer placeholders than pictures is an error", arguments: [[], [1], [1, 1, 1]])
  func placeholderCount(tokens: [Int]) {
    #expect(throws: InternVLError.self) {
      try ConversationTemplate.expand(
        [.text("a"), .image, .text("b"), .image], imageTokens: tokens)
    }
  }

  @Test("without pictures <image> is text as any other")
  func literalPlaceholder() throws {
    let parts = try ConversationTemplate.internVL2_5.prompt(
      Conversation(messages: [Message(role: .user, content: "What is <image>?")]))
    #expect(
      try ConversationTemplate.expand(parts, imageTokens: []).contains(
        "\nWhat is <image>?<|im_end|>"))
  }

  @Test("beside a picture that has its place, <image> is text too")
  func placeholderBesidePicture() throws {
    let message = Message(role: .user, parts: [.text("What is <image>? "), .image])
    let parts = try ConversationTemplate.internVL2_5.prompt(
      Conversation(messages: [message], images: [picture]))
    #expect(
      try ConversationTemplate.expand(parts, imageTokens: [1])
        .contains("\nWhat is <image>? <img><IMG_CONTEXT></img><|im_end|>"))
  }

  @Test("a message's text and its parts are two forms of the same")
  func parts() {
    let message = Message(role: .user, content: "<image> and <image>")
    #expect(message.parts == [.image, .text(" and "), .image])
    #expect(message.content == "<image> and <image>")
    #expect(message == Message(role: .user, parts: [.image, .text(" "), .text("and "), .image]))
  }
}
