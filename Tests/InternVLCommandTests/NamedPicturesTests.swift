import Foundation
import Testing

@testable import InternVLCommand

@Suite("Pictures that a line names")
struct NamedPicturesTests {
  private static let files: Set = [
    "a.png", "b.png", "a b.png", "it's.png", "t/photo (1).jpg", "it's (1).png", #"a\b.png"#,
    "/p/cat.jpg", "/p/my cat.jpg", "/etc/passwd", "notes",
  ]

  private static func exists(_ path: String) -> Bool { files.contains(path) }

  @Test(
    "/image takes paths however they are written, and a question behind them",
    arguments: [
      ("a.png", ["a.png"], ""), ("a b.png", ["a b.png"], ""), ("'a b.png'", ["a b.png"], ""),
      ("\"a b.png\" ", ["a b.png"], ""), ("a\\ b.png", ["a b.png"], ""),
      ("it's.png", ["it's.png"], ""), (#"t/photo\ \(1\).jpg "#, ["t/photo (1).jpg"], ""),
      (#"'it'\''s (1).png'"#, ["it's (1).png"], ""), (#"'a\b.png'"#, [#"a\b.png"#], ""),
      ("a.png b.png", ["a.png", "b.png"], ""),
      ("a.png b.png Which is older?", ["a.png", "b.png"], "Which is older?"),
      ("a b.png\nWhat is it?\nSay it.", ["a b.png"], "What is it?\nSay it."),
      ("file:///p/my%20cat.jpg Who?", ["/p/my cat.jpg"], "Who?"),
      ("missing.png What?", ["missing.png"], "What?"), ("my missing.png", ["my missing.png"], ""),
      ("nothing", ["nothing"], ""), ("", [], ""),
      ("https://a.example/1 a.png What?", ["https://a.example/1", "a.png"], "What?"),
    ] as [(String, [String], String)])
  func command(argument: String, paths: [String], text: String) {
    let line = NamedPictures(command: argument, exists: Self.exists)
    #expect(line.paths == paths)
    #expect(line.text == text)
  }

  @Test(
    "a question names pictures by their paths; what is none stays text",
    arguments: [
      ("What is it?", [], "What is it?", []),
      ("/p/cat.jpg", ["/p/cat.jpg"], "", []),
      ("'/p/my cat.jpg' What is it?", ["/p/my cat.jpg"], "What is it?", []),
      ("/p/my\\ cat.jpg ", ["/p/my cat.jpg"], "", []),
      ("What is in /p/cat.jpg?", ["/p/cat.jpg"], "What is in /p/cat.jpg?", []),
      ("Compare a.png with b.png.", ["a.png", "b.png"], "Compare a.png with b.png.", []),
      ("Is /p/dog.jpg there?", [], "Is /p/dog.jpg there?", ["/p/dog.jpg"]),
      ("It's 3.5 of e.g. a.gif, or notes", [], "It's 3.5 of e.g. a.gif, or notes", []),
      ("Either/or?", [], "Either/or?", []),
      ("https://a.example/7 Who?", ["https://a.example/7"], "Who?", []),
      (
        "Is it at https://a.example/b.JPG?w=9?", ["https://a.example/b.JPG?w=9"],
        "Is it at https://a.example/b.JPG?w=9?", []
      ),
      ("See https://a.example.", [], "See https://a.example.", []),
    ] as [(String, [String], String, [String])])
  func question(text: String, paths: [String], left: String, missing: [String]) {
    let line = NamedPictures(question: text, exists: Self.exists)
    #expect(line.paths == paths)
    #expect(line.text == left)
    #expect(line.missing == missing)
  }

  @Test("a path may start in the home folder")
  func home() {
    let path = Environment.home.path + "/a.png"
    #expect(NamedPictures(command: "~/a.png") { $0 == path }.paths == [path])
  }
}
