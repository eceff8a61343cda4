import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Text files beside pictures")
struct SidecarTests {
  private let gallery: Gallery
  private var folder: TemporaryFolder { gallery.folder }

  init() throws { gallery = try Gallery(["a.png", "b.png", "bad.png", "c.png"]) }

  private func text(_ name: String) throws -> String { try folder.read("pictures/\(name)") }

  private func run(
    _ existing: SidecarPolicy.Existing = .skip, _ change: (inout Gallery.Options) -> Void = { _ in }
  ) throws -> Gallery.Outcome {
    try gallery.run {
      $0.sidecars = SidecarPolicy(existing: existing)
      change(&$0)
    }
  }

  @Test("they hold the caption; a missing one is made up for")
  func written() throws {
    _ = try run()
    #expect(try text("a.txt") == "A a.png.\n")
    #expect(FileSystem.kind(of: gallery.pictures.appending(path: "bad.txt").path) == nil)
    try FileManager.default.removeItem(at: gallery.pictures.appending(path: "a.txt"))
    #expect(try run().asked == ["bad.png"])
    #expect(try text("a.txt") == "A a.png.\n")
  }

  @Test("one of somebody else stays, and an empty one counts as missing")
  func foreign() throws {
    try folder.write("my own notes", to: "pictures/a.txt")
    try folder.write(" \n", to: "pictures/b.txt")
    let outcome = try run()
    let path = gallery.pictures.appending(path: "a.txt").path
    #expect(outcome.events.contains(.keptSidecar(path)))
    #expect(outcome.summary.kept == 1)
    #expect(try text("a.txt") == "my own notes")
    #expect(try text("b.txt") == "A b.png.\n")
  }

  @Test(
    "the caption replaces a text, or is joined to it once",
    arguments: [
      (SidecarPolicy.Existing.overwrite, "A a.png.\n"), (.append, "my own notes. A a.png.\n"),
      (.prepend, "A a.png. my own notes\n"),
    ])
  func joined(existing: SidecarPolicy.Existing, expected: String) throws {
    try folder.write("my own notes \n", to: "pictures/a.txt")
    _ = try run(existing)
    #expect(try text("a.txt") == expected)
    _ = try run(existing)
    #expect(try text("a.txt") == expected)
    // Another caption replaces the first one, and leaves the user's text.
    _ = try run(existing) {
      $0.mode = .overwrite
      $0.answer = "B"
    }
    #expect(try text("a.txt") == expected.replacing("A a.png", with: "B a.png"))
  }

  @Test("a text that the caption was joined to goes when texts are to be replaced")
  func replacedLater() throws {
    try folder.write("my own notes", to: "pictures/a.txt")
    _ = try run(.append)
    _ = try run(.overwrite)
    #expect(try text("a.txt") == "A a.png.\n")
    _ = try run(.append)
    #expect(try text("a.txt") == "A a.png.\n")
  }

  @Test("a text of somebody else can be an error")
  func error() throws {
    try folder.write("my own notes", to: "pictures/a.txt")
    let outcome = try run(.error)
    #expect(outcome.summary == .init(captioned: 2, failed: 2))
    #expect(outcome.asked == ["b.png", "bad.png", "c.png"])
    #expect(try text("a.txt") == "my own notes")
  }

  @Test("this program's are known when its rows are lost, and in another place")
  func lostRows() throws {
    _ = try run()
    try FileManager.default.removeItem(atPath: gallery.output)
    _ = try run { $0.answer = "B" }
    #expect(try text("a.txt") == "B a.png.\n")
    try folder.write("changed by hand", to: "pictures/b.txt")
    try FileManager.default.removeItem(atPath: gallery.output)
    _ = try run { $0.answer = "C" }
    #expect(try text("a.txt") == "C a.png.\n")
    #expect(try text("b.txt") == "changed by hand")
  }

  @Test("without a file of rows, they say that a picture is done")
  func alone() throws {
    _ = try run { $0.hasFile = false }
    #expect(try run { $0.hasFile = false }.asked == ["bad.png"])
    let again = try run {
      $0.hasFile = false
      $0.redoes = true
    }
    #expect(again.asked == ["a.png", "b.png", "bad.png", "c.png"])
  }

  @Test("pictures that differ only in their ending get files of their own")
  func sharedStem() throws {
    try folder.write("a.jpg", to: "pictures/a.jpg")
    _ = try run()
    #expect(try text("a.jpg.txt") == "A a.jpg.\n")
    #expect(try text("a.png.txt") == "A a.png.\n")
    #expect(try text("b.txt") == "A b.png.\n")
  }

  @Test("no two pictures get one file, whichever shard they are in")
  func sharedNames() throws {
    let names = ["a.jpg", "a.png", "a.jpg.png", "b.png"]
    let items = names.map { CaptionItem(name: $0, place: .file(path: "p/\($0)")) }
    let sidecars = Sidecars(SidecarPolicy(), for: items, ledger: gallery.ledger)
    #expect(
      items.map { sidecars.path(of: $0) }
        == ["p/a.jpg.txt", "p/a.png.txt", "p/a.jpg.png.txt", "p/b.txt"])
  }

  @Test("an answer that was cut is not written unless that is allowed")
  func cut() throws {
    _ = try run { $0.ending = .length }
    #expect(FileSystem.kind(of: gallery.pictures.appending(path: "a.txt").path) == nil)
    _ = try run { $0.sidecars?.allowsCut = true }
    #expect(try text("a.txt") == "A a.png.\n")
  }

  @Test("they can lie in another folder, with another ending")
  func elsewhere() throws {
    try folder.write("sub/d.png", to: "pictures/sub/d.png")
    _ = try run {
      $0.sidecars = SidecarPolicy(
        folder: folder.url.appending(path: "texts").path, ending: "caption")
    }
    #expect(try folder.read("texts/sub/d.caption") == "A d.png.\n")
    #expect(FileSystem.kind(of: gallery.pictures.appending(path: "a.txt").path) == nil)
  }

  @Test("one that cannot be written is told with the system's reason")
  func unwritable() {
    let item = CaptionItem(name: "a.png", place: .file(path: "/dev/null/a.png"))
    let sidecars = Sidecars(SidecarPolicy(), for: [item], ledger: gallery.ledger)
    #expect(throws: CaptioningError.self) { try sidecars.write("A cat.", of: item) }
  }
}
