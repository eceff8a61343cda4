import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Finding pictures")
struct PictureFinderTests {
  private let folder: TemporaryFolder
  private var path: String { folder.url.path }

  init() throws { folder = try TemporaryFolder() }

  private func write(_ names: String...) throws {
    for name in names { try folder.write("", to: name) }
  }

  private func names(_ paths: [String]? = nil, _ change: (inout PictureFinder) -> Void = { _ in })
    throws
    -> [String]
  {
    var finder = PictureFinder()
    change(&finder)
    return try finder.find(paths ?? [path]).items.map(\.name.string)
  }

  @Test("folders are searched whole and sorted, and what is left out is counted by kind")
  func folders() throws {
    try write(
      "b.JPG", "a.png", "notes.txt", ".hidden.png", "sub/c.webp", "sub/.git/d.png", "z.tar.gz",
      "doc.pdf", "scan.JP2", "README")
    let found = try PictureFinder().find([path])
    #expect(found.items.map(\.name.string) == ["a.png", "b.JPG", "sub/c.webp"])
    #expect(
      found.leftOutSummary
        == "2 hidden, 1 .txt, 1 JPEG 2000, 1 PDF, 1 archive, 1 without an ending")
  }

  @Test("numbers in names count as numbers")
  func numbers() throws {
    let names = ["1.png", "2.png", "010.png", "10.png", "a2b9.png", "a2b11.png", "a10.png"]
    for name in names { try write(name) }
    #expect(try self.names() == names)
  }

  @Test("files count whatever their name, and nothing counts twice")
  func files() throws {
    try write("odd.bin", "a.png")
    let found = try PictureFinder().find(["\(path)/odd.bin", "\(path)/a.png", path])
    #expect(found.items.map(\.path) == ["\(path)/odd.bin", "\(path)/a.png"])
  }

  @Test("names are below a folder alone, and paths as they were given otherwise")
  func relativeNames() throws {
    try write("x/a.png", "y/a.png")
    #expect(try names(["\(path)/x/"]) == ["a.png"])
    #expect(try names(["\(path)/x", "\(path)/y"]) == ["\(path)/x/a.png", "\(path)/y/a.png"])
    #expect(try names(["\(path)/x", "\(path)/y"]) { $0.base = path } == ["x/a.png", "y/a.png"])
    #expect(throws: CaptioningError.outsideBase(path: "\(path)/x", base: "\(path)/y")) {
      try names(["\(path)/x"]) { $0.base = "\(path)/y" }
    }
  }

  @Test("globs choose by the last part of a name, or by all of it")
  func globs() throws {
    try write("a.png", "b.jpg", "sub/c.png", "sub/d.jpg")
    #expect(try names { $0.included = ["*.png"] } == ["a.png", "sub/c.png"])
    #expect(try names { $0.excluded = ["sub/*"] } == ["a.png", "b.jpg"])
    #expect(try names { ($0.included, $0.excluded) = (["*.png"], ["c*"]) } == ["a.png"])
  }

  @Test("links to folders are not followed, so that a circle ends")
  func links() throws {
    try write("a.png")
    try FileManager.default.createSymbolicLink(
      at: folder.url.appending(path: "again"), withDestinationURL: folder.url)
    let found = try PictureFinder().find([path])
    #expect(found.items.count == 1)
    #expect(found.leftOut == ["link to a folder": 1])
  }

  @Test("a name that is not UTF-8 is told and not taken for a picture")
  func notUTF8() throws {
    try write("a.png")
    let bytes = Array("\(path)/bad".utf8) + [0xFF] + Array(".png\0".utf8)
    let descriptor = open(bytes.map { CChar(bitPattern: $0) }, O_CREAT | O_WRONLY, 0o644)
    try #require(descriptor >= 0)
    close(descriptor)
    let found = try PictureFinder().find([path])
    #expect(found.items.map(\.name.string) == ["a.png"])
    #expect(found.unreadableNames == ["\(path)/bad\u{FFFD}.png"])
  }

  @Test("names that are canonically equivalent are two")
  func twins() throws {
    try write("\u{E9}.png", "e\u{301}.png")
    #expect(try Set(names().map(ExactText.init)).count == 2)
  }

  @Test("a missing path, also an empty one, is an error")
  func nothing() throws {
    for path in ["/nowhere/at/all", ""] {
      #expect(throws: CaptioningError.missing(path: path)) { try PictureFinder().find([path]) }
    }
    #expect(try PictureFinder().find([path]) == FoundPictures())
  }

  @Test("a list has a path a line, or one in front of each NUL")
  func lists() throws {
    #expect(try PathList.paths(Array("a.png\r\n\nb c.png".utf8)) == ["a.png", "b c.png"])
    #expect(try PathList.paths(Array("a\nb.png\0c.png\0".utf8)) == ["a\nb.png", "c.png"])
    #expect(throws: CaptioningError.badListEntry(2)) {
      try PathList.paths([0x61, 0x0A, 0xFF, 0x0A])
    }
  }

  @Test("shards are parts of a whole, and a picture stays in its own when others come")
  func shards() throws {
    let items = (0..<100).map { CaptionItem(name: "\($0).png", place: .file(path: "\($0).png")) }
    let shards = try (1...3).map { try #require(Shard(number: $0, of: 3)).items(of: items) }
    #expect(shards.map(\.count).reduce(0, +) == 100)
    #expect(shards.allSatisfy { $0.count > 20 })
    let fewer = try #require(Shard(number: 1, of: 3)).items(of: Array(items.prefix(50)))
    #expect(Array(shards[0].prefix(fewer.count)) == fewer)
    #expect(Shard(number: 0, of: 3) == nil && Shard(number: 4, of: 3) == nil)
    #expect(Shard(number: 2, of: 4)?.file(of: "out/rows.jsonl") == "out/rows-2-of-4.jsonl")
    #expect(Shard(file: "out/rows-2-of-4.jsonl") == Shard(number: 2, of: 4))
  }
}
