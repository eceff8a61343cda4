import Files
import Foundation
import TestSupport
import Testing

@testable import Captioning

@Suite("Captioning runs")
struct CaptionRunTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["a.png", "b.png", "bad.png", "c.png"] { try folder.write(name, to: name) }
  }

  /// A run over all pictures that writes to `captions.jsonl`; answers are the pictures' names.
  private func run(
    prompt: String = "What?", answer: String = "A", sidecars: Bool = false, toFile: Bool = true,
    stopAt: String? = nil,
    asked: inout [String]
  ) throws -> (summary: CaptionRun.Summary, events: [CaptionRun.Event]) {
    let file = toFile ? try CaptionFile(folder.url.appending(path: "captions.jsonl")) : nil
    let run = CaptionRun(
      images: try ImageFinder.find([folder.url.path]).images, prompt: prompt, model: "tiny",
      writesSidecars: sidecars, file: file)
    var events: [CaptionRun.Event] = []
    var names: [String] = []
    let captioner = FakeCaptioner { image in
      let name = image.lastPathComponent
      if name == stopAt { return nil }
      names.append(name)
      guard name != "bad.png" else { return .failed("damaged") }
      return .caption(
        Caption(text: "\(answer) \(name).", finishReason: "stop", tokens: 2, seconds: 0))
    }
    let summary = try run.run(by: captioner, isCancelled: { captioner.isStopped }) {
      events.append($0)
    }
    asked = names
    return (summary, events)
  }

  private var lines: [Substring] {
    get throws { try folder.read("captions.jsonl").split(separator: "\n") }
  }

  @Test("done images are skipped, bad ones tried again without a second row")
  func resumes() throws {
    var asked: [String] = []
    let first = try run(asked: &asked).summary
    #expect(first == .init(captioned: 3, skipped: 0, failed: 1))
    #expect(try lines.count == 4)
    let second = try run(asked: &asked).summary
    #expect(second == .init(captioned: 0, skipped: 3, failed: 1))
    #expect(asked == ["bad.png"])
    #expect(try lines.count == 4)
  }

  @Test("a changed image and another prompt are new work")
  func changes() throws {
    var asked: [String] = []
    _ = try run(asked: &asked)
    try folder.write("other content", to: "b.png")
    _ = try run(asked: &asked)
    #expect(asked == ["b.png", "bad.png"])
    _ = try run(prompt: "Which colour?", asked: &asked)
    #expect(asked == ["a.png", "b.png", "bad.png", "c.png"])
  }

  @Test("a cancelled run keeps what is done, and the next goes on from there")
  func cancelled() throws {
    var asked: [String] = []
    let first = try run(stopAt: "bad.png", asked: &asked).summary
    #expect(first == .init(captioned: 2, wasCancelled: true))
    #expect(try lines.count == 2)
    _ = try run(asked: &asked)
    #expect(asked == ["bad.png", "c.png"])
  }

  @Test("rows come in the order of the images, whichever is finished first", arguments: 1...5)
  func order(atATime: Int) throws {
    let images = try ImageFinder.find([folder.url.path]).images
    let file = try CaptionFile(folder.url.appending(path: "captions.jsonl"))
    var numbers: [Int] = []
    _ = try CaptionRun(
      images: images, prompt: "What?", model: "tiny", writesSidecars: false, file: file
    ).run(by: FakeCaptioner(atATime: atATime) { _ in .failed("damaged") }) { event in
      if case .finished(_, let number) = event { numbers.append(number) }
    }
    #expect(numbers == Array(1...images.count))
  }

  @Test("what was finished behind a picture that ends the run is written")
  func errorKeepsOthers() throws {
    let images = try ImageFinder.find([folder.url.path]).images
    var names: [String] = []
    #expect(throws: CocoaError.self) {
      try CaptionRun(
        images: images, prompt: "What?", model: "tiny", writesSidecars: false, file: nil
      ).run(
        by: FakeCaptioner(atATime: 4) { image in
          if image.lastPathComponent == "b.png" { throw CocoaError(.fileNoSuchFile) }
          return .failed("damaged")
        }
      ) { event in
        if case .finished(let row, _) = event { names.append(row.key.image) }
      }
    }
    #expect(names.map { URL(filePath: $0).lastPathComponent } == ["bad.png", "c.png"])
  }

  @Test("sidecars hold the caption; a missing one is made up for")
  func sidecars() throws {
    var asked: [String] = []
    _ = try run(sidecars: true, asked: &asked)
    #expect(try folder.read("a.txt") == "A a.png.\n")
    #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "bad.txt").path))
    try FileManager.default.removeItem(at: folder.url.appending(path: "a.txt"))
    _ = try run(sidecars: true, asked: &asked)
    #expect(asked == ["bad.png"])
    #expect(try folder.read("a.txt") == "A a.png.\n")
  }

  @Test("a text file of somebody else is kept, an own one is brought up to date")
  func foreignSidecar() throws {
    try folder.write("my own notes", to: "a.txt")
    var asked: [String] = []
    let events = try run(sidecars: true, asked: &asked).events
    #expect(events.contains(.keptSidecar(folder.url.appending(path: "a.txt"))))
    #expect(try folder.read("a.txt") == "my own notes")
    try folder.write("other content", to: "b.png")
    let again = try run(sidecars: true, asked: &asked).events
    #expect(!again.contains(.keptSidecar(folder.url.appending(path: "b.txt"))))
  }

  @Test("a text file that holds another prompt's caption is brought up to date, asked or not")
  func otherPromptsSidecar() throws {
    var asked: [String] = []
    _ = try run(sidecars: true, asked: &asked)
    _ = try run(prompt: "Which colour?", answer: "Red", sidecars: true, asked: &asked)
    try #require(try folder.read("a.txt") == "Red a.png.\n")
    _ = try run(sidecars: true, asked: &asked)
    #expect(asked == ["bad.png"])
    #expect(try folder.read("a.txt") == "A a.png.\n")
  }

  @Test("a text file that cannot be written is told with the system's reason")
  func unwritableSidecar() {
    let file = URL(filePath: "/nowhere/a.txt")
    #expect(
      throws: CaptioningError.output(FileError(.create, file.path, .system(code: ENOENT)))
    ) { try Sidecar.write("A cat.", to: file) }
  }

  @Test("without a file, a sidecar says that an image is done")
  func sidecarsOnly() throws {
    var asked: [String] = []
    _ = try run(sidecars: true, toFile: false, asked: &asked)
    _ = try run(sidecars: true, toFile: false, asked: &asked)
    #expect(asked == ["bad.png"])
  }

  @Test("images that differ only in their ending get sidecars of their own")
  func sharedStem() throws {
    try folder.write("", to: "a.jpg")
    var asked: [String] = []
    _ = try run(sidecars: true, asked: &asked)
    #expect(try folder.read("a.jpg.txt") == "A a.jpg.\n")
    #expect(try folder.read("a.png.txt") == "A a.png.\n")
    #expect(try folder.read("b.txt") == "A b.png.\n")
  }

  @Test("what a row's writer throws ends the run")
  func writerFails() throws {
    struct Full: Error {}
    let run = CaptionRun(
      images: try ImageFinder.find([folder.url.path]).images, prompt: "What?", model: "tiny",
      writesSidecars: false, file: nil)
    #expect(throws: Full.self) {
      try run.run(by: FakeCaptioner { _ in .failed("damaged") }) { _ in throw Full() }
    }
  }
}

/// Answers pictures at once, a given number of them at a time, the last of them first.
final class FakeCaptioner: PictureCaptioner {
  private let atATime: Int
  private let caption: (URL) throws -> CaptionOutcome?
  private var begun: [(picture: URL, finished: (CaptionOutcome) -> Void)] = []
  /// Whether a picture was met that has no outcome.
  private(set) var isStopped = false

  init(atATime: Int = 1, caption: @escaping (URL) throws -> CaptionOutcome?) {
    self.atATime = atATime
    self.caption = caption
  }

  var hasRoom: Bool { begun.count < atATime }

  func begin(_ picture: URL, finished: @escaping (CaptionOutcome) -> Void) {
    begun.append((picture, finished))
  }

  func work() throws {
    guard let (picture, finished) = begun.popLast() else { return }
    guard let outcome = try caption(picture) else {
      isStopped = true
      return
    }
    finished(outcome)
  }

  func cancel() { begun = [] }
}
