import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Archives of pictures")
struct PictureArchiveTests {
  private let folder: TemporaryFolder
  private var path: String { folder.url.appending(path: "p.tar").path }

  init() throws { folder = try TemporaryFolder() }

  private func find(_ tar: TarBytes, cutTo length: Int? = nil) throws -> FoundPictures {
    try folder.write(Array(tar.finished.prefix(length ?? .max)), to: "p.tar")
    return try PictureFinder().find([path])
  }

  private func problems(_ found: FoundPictures) -> [String] {
    found.items.compactMap { if case .refused(let reason) = $0.place { reason } else { nil } }
  }

  @Test("members are read where they lie, in their order")
  func members() throws {
    var tar = TarBytes()
    tar.add("./b.png", "bb")
    tar.add("sub/", type: "5")
    tar.add("sub/a.jpg", "aaa")
    tar.add("notes.txt", "n")
    tar.add(".hidden.png", "n")
    let found = try find(tar)
    #expect(found.items.map(\.name.string) == ["p.tar!b.png", "p.tar!sub/a.jpg"])
    #expect(found.leftOut == [".txt": 1, "hidden": 1])
    let contents = ArchiveContents()
    for (item, expected) in zip(found.items + found.items, ["bb", "aaa", "bb", "aaa"]) {
      guard case .member(let archive, let index, let identity) = item.place else { continue }
      let bytes = try contents.bytes(of: index, in: archive, identity: identity)
      #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }
  }

  @Test("names that are canonically equivalent, or the same, are two")
  func twins() throws {
    var tar = TarBytes()
    for name in ["\u{E9}.png", "e\u{301}.png", "a.png", "a.png"] { tar.add(name, name) }
    let names = try find(tar).items.map(\.name)
    #expect(Set(names).count == 4)
    #expect(names.last?.string == "p.tar!a#2.png")
  }

  @Test("links, devices and absurd names are told and not read")
  func hostile() throws {
    var tar = TarBytes()
    tar.add("../up.png", "x")
    tar.add("/root.png", "x")
    tar.add("a//b.png", "x")
    tar.add("link.png", type: "2", link: "/etc/passwd")
    tar.add("hard.png", type: "1", link: "good.png")
    tar.add("device.png", type: "3")
    tar.add("good.png", "x")
    let found = try find(tar)
    #expect(problems(found).count == 6, "\(problems(found))")
    #expect(found.items.last?.name.string == "p.tar!good.png")
  }

  @Test("an archive that is cut tells so behind what it holds")
  func cut() throws {
    var tar = TarBytes()
    tar.add("a.png", String(repeating: "x", count: 600))
    tar.add("b.png", String(repeating: "x", count: 600))
    let found = try find(tar, cutTo: 1536 + 700)
    #expect(found.items.first?.name.string == "p.tar!a.png")
    try folder.write("this is no archive at all, whatever it is called", to: "p.tar")
    #expect(problems(try PictureFinder().find([path])).count == 1)
  }

  @Test("a member of a terabyte and too many members are refused")
  func limits() throws {
    var tar = TarBytes()
    tar.add("huge.png", "x", size: 0o77777777777)
    let found = try find(tar)
    #expect(problems(found).first?.contains("too large") == true, "\(problems(found))")
    var many = TarBytes()
    for number in 0..<20 { many.add("\(number).png", "x") }
    try folder.write(many.finished, to: "p.tar")
    var finder = PictureFinder()
    finder.limits.members = 10
    let limited = try finder.find([path])
    #expect(limited.items.count == 11)
    #expect(problems(limited).first?.contains("more than 10 members") == true)
  }

  @Test("an archive that changed after it was listed gives errors and not another picture")
  func changed() throws {
    var tar = TarBytes()
    tar.add("a.png", "x")
    let item = try #require(try find(tar).items.first)
    guard case .member(let archive, let index, let identity) = item.place else { return }
    var other = TarBytes()
    other.add("b.png", "longer")
    _ = try find(other)
    #expect(throws: (any Error).self) {
      try ArchiveContents().bytes(of: index, in: archive, identity: identity)
    }
  }
}
