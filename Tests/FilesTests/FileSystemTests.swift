import Foundation
import TestSupport
import Testing

@testable import Files

@Suite("The file system")
struct FileSystemTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func path(_ name: String) -> String { folder.url.appending(path: name).path }

  @Test("a replaced file is the old one or the new one, and nothing is left beside it")
  func replace() throws {
    for text in ["old", "new"] {
      try FileSystem.replace(path("deep/er/a"), with: text, durably: true)
      #expect(try folder.read("deep/er/a") == text)
    }
    #expect(try FileSystem.names(in: path("deep/er")) == ["a"])
    try FileSystem.makeFolder(path("taken/by"))
    #expect(throws: FileError(.move, path("taken"), .system(code: EISDIR))) {
      try FileSystem.replace(path("taken"), with: "x", durably: false)
    }
    #expect(try FileSystem.names(in: folder.url.path) == ["deep", "taken"])
  }

  @Test("folders are not made through links or files")
  func folders() throws {
    let root = path("root")
    #expect(try FileSystem.makeFolders(["a", "b"], below: root) == "\(root)/a/b")
    #expect(symlink("/tmp", "\(root)/link") == 0)
    #expect(throws: FileError(.create, "\(root)/link", .isLink)) {
      try FileSystem.makeFolders(["link", "b"], below: root)
    }
    try folder.write("", to: "root/file")
    #expect(throws: FileError(.create, "\(root)/file", .notAFolder)) {
      try FileSystem.makeFolders(["file", "b"], below: root)
    }
  }

  @Test("a link replaces what has its name")
  func links() throws {
    try folder.write("text", to: "a")
    let isPlaced = try FileSystem.placeLink(
      at: path("a"), to: "nowhere", staging: path("staging"))
    #expect(isPlaced && FileSystem.destination(ofLink: path("a")) == "nowhere")
    #expect(FileSystem.kind(of: path("a"), followingLinks: false) == .link)
    #expect(FileSystem.kind(of: path("a")) == nil && FileSystem.resolved(path("a")) == nil)
    #expect(try FileSystem.names(in: path("staging")) == [])
  }

  @Test("a copy has the content")
  func copy() throws {
    let text = String(repeating: "0123456789", count: 60_000)
    try folder.write(text, to: "a")
    try FileSystem.copy(path("a"), to: path("b"), staging: path("staging"))
    #expect(try folder.read("b") == text)
  }

  @Test("the folder of a path is found by its bytes")
  func parent() {
    #expect(FileSystem.parent(of: "/a/\u{301}b") == "/a")
    #expect(FileSystem.parent(of: "/a") == "/" && FileSystem.parent(of: "/") == "/")
    #expect(FileError(.open, "/a/\u{301}b", .isFolder).name == "\u{301}b")
  }

  @Test("free space is that of the volume where a path will be")
  func freeSpace() {
    let free = FileSystem.freeBytes(path("not/there/yet"))
    #expect(free > 0 && free < .max)
  }

  @Test("a folder that is missing has no names, one that cannot be read is an error")
  func unreadableFolder() throws {
    #expect(try FileSystem.names(in: path("none")) == [])
    let loop = path("loop")
    #expect(symlink(loop, loop) == 0)
    #expect(throws: FileError(.list, loop, .system(code: ELOOP))) {
      try FileSystem.names(in: loop)
    }
  }
}
