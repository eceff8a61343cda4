import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Finding pictures")
struct ImageFinderTests {
  @Test("folders are searched whole and sorted, hidden entries and other files left out")
  func folders() throws {
    let folder = try TemporaryFolder()
    for path in [
      "b.JPG", "a.png", "notes.txt", ".hidden.png", "sub/c.webp", "sub/.git/d.png", "z.tar.gz",
    ] {
      try folder.write("", to: path)
    }
    let found = try ImageFinder.find([folder.url.path])
    #expect(
      found.images.map { $0.path.dropFirst(folder.url.path.count + 1) }
        == ["a.png", "b.JPG", "sub/c.webp"])
  }

  @Test("numbers in names count as numbers")
  func numbers() throws {
    let folder = try TemporaryFolder()
    let names = ["1.png", "2.png", "010.png", "10.png", "a2b9.png", "a2b11.png", "a10.png"]
    for name in names { try folder.write("", to: name) }
    #expect(try ImageFinder.find([folder.url.path]).images.map(\.lastPathComponent) == names)
  }

  @Test("files count whatever their name, and nothing counts twice")
  func files() throws {
    let folder = try TemporaryFolder()
    let odd = try folder.write("", to: "odd.bin")
    let picture = try folder.write("", to: "a.png")
    let found = try ImageFinder.find([odd.path, picture.path, folder.url.path])
    #expect(found.images.map(\.path) == [odd.path, picture.path])
  }

  @Test("links to folders are not followed, so that a circle ends")
  func links() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "a.png")
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "again"), withDestinationURL: folder.url)
    #expect(try ImageFinder.find([folder.url.path]).images.count == 1)
  }

  @Test("a name that is not UTF-8 is told and not taken for a picture")
  func notUTF8() throws {
    let folder = try TemporaryFolder()
    try folder.write("", to: "a.png")
    let path = Array("\(folder.url.path)/bad".utf8) + [0xFF] + Array(".png\0".utf8)
    let descriptor = open(path.map { CChar(bitPattern: $0) }, O_CREAT | O_WRONLY, 0o644)
    try #require(descriptor >= 0)
    close(descriptor)
    let found = try ImageFinder.find([folder.url.path])
    #expect(found.images.map(\.lastPathComponent) == ["a.png"])
    #expect(found.unreadableNames == ["\(folder.url.path)/bad\u{FFFD}.png"])
  }

  @Test("an empty path is no folder")
  func emptyPath() {
    #expect(throws: CaptioningError.missing(path: "")) { try ImageFinder.find([""]) }
  }

  @Test("a missing path is an error, a folder without pictures is empty")
  func nothing() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CaptioningError.missing(path: "/nowhere/at/all")) {
      try ImageFinder.find(["/nowhere/at/all"])
    }
    #expect(try ImageFinder.find([folder.url.path]) == FoundImages())
  }
}
