import Testing

@testable import Captioning

@Suite("Prompts and answers")
struct TextTests {
  @Test("variables are filled in, double braces and other braces are text")
  func variables() throws {
    let template = try PromptTemplate(#"{stem} of {folder}, {{name}}, {"a": 1}, {} {name}"#)
    #expect(template.filled(\.rawValue) == #"stem of folder, {name}, {"a": 1}, {} name"#)
    #expect(template.hasVariables && template.uses(.stem) && !template.uses(.width))
  }

  @Test("an unknown variable is refused")
  func unknownVariable() {
    #expect(throws: CaptioningError.unknownVariable("nmae")) { try PromptTemplate("Is {nmae} it?") }
  }

  @Test("a prompt may name its field")
  func fields() throws {
    #expect(try CaptionPrompt(argument: "tags=List them.").field == "tags")
    #expect(try CaptionPrompt(argument: "Is x=3 here?").field == "caption")
    #expect(try CaptionPrompt(argument: "=x").template.text == "=x")
    #expect(throws: CaptioningError.reservedField("image")) {
      try CaptionPrompt(argument: "image=What?")
    }
  }

  @Test(
    "texts are joined by a full stop, where one is missing, and one space",
    arguments: [
      ("A cat", "On a mat. ", "A cat. On a mat."), (" A cat.\n", "On a mat", "A cat. On a mat"),
      ("cat,", "mat", "cat, mat"), ("", "mat", "mat"), ("cat", " ", "cat"),
    ])
  func joins(first: String, second: String, whole: String) {
    #expect(String.joined(first, second) == whole)
  }

  @Test("answers get a prefix, a suffix and single spaces")
  func style() {
    let style = TextStyle(prefix: "photo of ", suffix: ", 4k", collapsesWhitespace: true)
    #expect(style.applied(to: " a\n\n cat ") == "photo of a cat, 4k")
    #expect(TextStyle().applied(to: " a\n") == " a\n")
  }

  @Test(
    "an answer that runs in circles is recognised",
    arguments: [
      String(repeating: "red, ", count: 20) + "re",
      "A cat. " + String(repeating: "It sits on a mat. ", count: 5),
      String(repeating: "猫", count: 30),
    ])
  func loops(text: String) { #expect(Repetition.isLoop(text)) }

  @Test(
    "an answer that does not is none",
    arguments: [
      "", "no no no no",
      "A red ball, a red box, a red hat, a red car and a red house stand on a red carpet.",
      String(repeating: "It sits on a mat. ", count: 3),
    ])
  func noLoops(text: String) { #expect(!Repetition.isLoop(text)) }

  @Test("only a long loop is endless")
  func endless() {
    #expect(!Repetition.isEndless(String(repeating: "red, ", count: 50)))
    #expect(Repetition.isEndless(String(repeating: "red, ", count: 53)))
    let sentence = "A red ball, a red box, a red hat and a red car stand on a large red carpet. "
    #expect(!Repetition.isEndless(String(repeating: sentence, count: 3)))
    #expect(Repetition.isEndless(String(repeating: sentence, count: 4) + "A"))
  }
}
