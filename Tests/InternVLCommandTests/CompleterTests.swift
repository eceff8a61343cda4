import Foundation
import TestSupport
import Testing

@testable import InternVLCommand

@Suite("What Tab adds")
struct CompleterTests {
  private let folder: TemporaryFolder
  private let completer = Completer()

  init() throws {
    folder = try TemporaryFolder()
    for name in ["my cat (1).jpg", "my dog.jpg", "other.png", ".hidden.png"] {
      try folder.write([], to: name)
    }
    try FileManager.default.createDirectory(
      at: folder.url.appending(path: "albums"), withIntermediateDirectories: true)
  }

  private func added(_ before: String) -> String {
    completer.complete(before.replacing("DIR", with: folder.url.path)).added
  }

  @Test("commands and settings are completed")
  func commands() {
    #expect(added("/ag") == "ain ")
    #expect(added("/im") == "age")
    #expect(completer.complete("/image").candidates == ["/image", "/images"])
    #expect(added("/set temp") == "erature ")
  }

  @Test("paths are completed as they are quoted, and folders are left open")
  func paths() {
    #expect(added("/image DIR/oth") == "er.png ")
    #expect(added("/image DIR/my\\ c") == "at\\ \\(1\\).jpg ")
    #expect(added("/image 'DIR/my d") == "og.jpg' ")
    #expect(added("/image DIR/al") == "bums/")
    #expect(added("What is in DIR/oth") == "er.png ")
    #expect(added("\"DIR/my c") == "at (1).jpg\" ")
    #expect(added("/image DIR/.h") == "idden.png ")
    #expect(completer.complete("/save \(folder.url.path)/my").candidates.count == 2)
  }

  @Test("plain words are left alone")
  func words() {
    #expect(completer.complete("What is oth") == Completer.Completion())
    #expect(completer.complete("") == Completer.Completion())
  }
}
