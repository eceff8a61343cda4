import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Captioning runs")
struct CaptionRunTests {
  private let gallery: Gallery
  private var folder: TemporaryFolder { gallery.folder }

  init() throws { gallery = try Gallery(["a.png", "b.png", "bad.png", "c.png"]) }

  @Test("done pictures are skipped, bad ones tried again without a second row")
  func resumes() throws {
    #expect(try gallery.run().summary == .init(captioned: 3, skipped: 0, failed: 1))
    #expect(try gallery.lines.count == 4)
    let second = try gallery.run()
    #expect(second.summary == .init(captioned: 0, skipped: 3, failed: 1))
    #expect(second.asked == ["bad.png"])
    #expect(try gallery.lines.count == 4)
  }

  @Test("a newer row takes the place of an older one")
  func mended() throws {
    _ = try gallery.run()
    try folder.write("other content", to: "pictures/bad.png")
    _ = try gallery.run {
      $0.items = [
        CaptionItem(
          name: "bad.png", place: .file(path: gallery.pictures.appending(path: "bad.png").path))
      ]
    }
    #expect(try gallery.lines.count == 4)
    #expect(try gallery.lines[2].contains(#""image":"bad.png""#))
  }

  @Test("a changed picture is new work")
  func changes() throws {
    _ = try gallery.run()
    try folder.write("other content", to: "pictures/b.png")
    #expect(try gallery.run().asked == ["b.png", "bad.png"])
    #expect(try gallery.lines.count == 4)
  }

  @Test("a picture of the same size that changed is new work, one that was only touched is not")
  func touched() throws {
    _ = try gallery.run()
    try folder.write("B.PNG", to: "pictures/b.png")
    for name in ["a.png", "b.png"] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1_000_000)],
        ofItemAtPath: gallery.pictures.appending(path: name).path)
    }
    let again = try gallery.run()
    #expect(again.asked == ["b.png", "bad.png"])
    #expect(again.summary == .init(captioned: 1, skipped: 2, failed: 1))
  }

  @Test("a folder that was moved needs no work")
  func moved() throws {
    _ = try gallery.run()
    let elsewhere = folder.url.appending(path: "elsewhere")
    try FileManager.default.moveItem(at: gallery.pictures, to: elsewhere)
    let items = try PictureFinder().find([elsewhere.path]).items
    #expect(try gallery.run { $0.items = items }.asked == ["bad.png"])
  }

  @Test("names that are canonically equivalent are two pictures")
  func twins() throws {
    let twins = try Gallery(["\u{E9}.png", "e\u{301}.png", "plain.png"])
    #expect(try twins.run().summary.captioned == 3)
    #expect(try twins.lines.count == 3)
    #expect(try twins.run().summary == .init(skipped: 3))
    try twins.folder.write("changed", to: "pictures/e\u{301}.png")
    let again = try twins.run()
    #expect(again.asked.map { Array($0.utf8) } == [Array("e\u{301}.png".utf8)])
  }

  @Test("a run with other settings says what differs, and asks what to do")
  func otherSettings() throws {
    _ = try gallery.run()
    let other = CaptionSettings(["model": "tiny", "prompt": "Which colour?", "temperature": "0.5"])
    #expect(
      throws: CaptioningError.otherSettings(
        file: gallery.output,
        [
          SettingDifference(name: "prompt", old: "What?", new: "Which colour?"),
          SettingDifference(name: "temperature", old: nil, new: "0.5"),
        ])
    ) { try gallery.run { $0.settings = other } }
    #expect(try gallery.lines.count == 4)
    let kept = try gallery.run {
      $0.settings = other
      $0.mode = .keep
    }
    #expect(kept.asked == ["bad.png"])
    let overwritten = try gallery.run {
      $0.settings = other
      $0.mode = .overwrite
    }
    #expect(overwritten.asked == ["a.png", "b.png", "bad.png", "c.png"])
    #expect(try gallery.lines.count == 4)
  }

  @Test("an answer that was cut is made again when it may be longer")
  func cut() throws {
    let first = try gallery.run { $0.ending = .length }
    #expect(first.summary.cut == 3)
    #expect(try gallery.run().asked == ["bad.png"])
    let row = try #require(
      RowFile.rows(
        in: gallery.output, format: .jsonl, fields: ["caption"], settings: .tiny, mode: .resume)[
          ExactText("a.png")])
    #expect(row.caption?.isTooShort(maxTokens: 512, contextLength: 8192) == true)
    #expect(row.caption?.isTooShort(maxTokens: 256, contextLength: 8192) == false)
  }

  @Test("a cancelled run keeps what is done, and the next goes on from there")
  func cancelled() throws {
    let first = try gallery.run { $0.stopAt = "bad.png" }.summary
    #expect(first == .init(captioned: 2, wasCancelled: true))
    #expect(try gallery.lines.count == 2)
    #expect(try gallery.run().asked == ["bad.png", "c.png"])
  }

  @Test("rows come in the order of the pictures, whichever is finished first", arguments: 1...5)
  func order(atATime: Int) throws {
    let events = try gallery.run { $0.atATime = atATime }.events
    let numbers = events.compactMap { event -> Int? in
      if case .finished(_, _, let number) = event { number } else { nil }
    }
    #expect(numbers == Array(1...4))
  }

  @Test("what was finished behind a picture that ends the run is written")
  func errorKeepsOthers() throws {
    let items = try PictureFinder().find([gallery.pictures.path]).items
    var names: [String] = []
    let run = CaptionRun(source: ItemList(items), prompts: [], settings: .tiny)
    #expect(throws: CocoaError.self) {
      try run.run(
        by: FakeCaptioner(atATime: 4) { picture in
          if picture.fileName == "b.png" { throw CocoaError(.fileNoSuchFile) }
          return .failed("damaged")
        }
      ) { event, _ in
        if case .finished(let row, _, _) = event { names.append(row.name.string) }
      }
    }
    #expect(names == ["bad.png", "c.png"])
  }

  @Test("what a row's writer throws ends the run")
  func writerFails() throws {
    struct Full: Error {}
    let items = try PictureFinder().find([gallery.pictures.path]).items
    let run = CaptionRun(source: ItemList(items), prompts: [], settings: .tiny)
    #expect(throws: Full.self) {
      try run.run(by: FakeCaptioner { _ in .failed("damaged") }) { _, _ in throw Full() }
    }
  }

  @Test("a plan tells what a run would do, and writes nothing")
  func plan() throws {
    _ = try gallery.run()
    try folder.write("other content", to: "pictures/b.png")
    let items = try PictureFinder().find([gallery.pictures.path]).items
    let rows = try RowFile.rows(
      in: gallery.output, format: .jsonl, fields: ["caption"], settings: .tiny, mode: .resume)
    let plan = try CaptionRun(source: ItemList(items), prompts: [], settings: .tiny).plan(
      rows: rows)
    #expect(plan.undone.map(\.name.string) == ["b.png", "bad.png"])
    #expect(plan.done == 2)
  }
}
