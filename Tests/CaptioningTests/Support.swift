import Files
import Foundation
import TestSupport

@testable import Captioning

/// Answers pictures at once, a given number of them at a time, the last of them first.
final class FakeCaptioner: PictureCaptioner {
  private let atATime: Int
  private let caption: (PictureRequest) throws -> CaptionOutcome?
  private var begun: [(picture: PictureRequest, finished: (PictureResult) -> Void)] = []
  /// Whether a picture was met that has no outcome.
  private(set) var isStopped = false

  init(atATime: Int = 1, caption: @escaping (PictureRequest) throws -> CaptionOutcome?) {
    self.atATime = atATime
    self.caption = caption
  }

  var hasRoom: Bool { begun.count < atATime }

  func begin(_ picture: PictureRequest, finished: @escaping (PictureResult) -> Void) {
    begun.append((picture, finished))
  }

  func work() throws {
    guard let (picture, finished) = begun.popLast() else { return }
    let bytes: [UInt8] =
      switch picture.content {
      case .file(let path): (try? OpenFile(reading: path).readToEnd()) ?? []
      case .bytes(let bytes): bytes
      }
    let hash = bytes.withUnsafeBytes { Digest.sha256($0) }
    if hash == picture.knownHash { return finished(PictureResult(nil, sha256: hash)) }
    guard let outcome = try caption(picture) else {
      isStopped = true
      return
    }
    finished(PictureResult(outcome, sha256: hash, bytes: bytes.count))
  }

  func cancel() { begun = [] }
}

extension PictureRequest {
  /// The last part of the picture's name.
  var fileName: String { item.name.string.lastPathPart }
}

extension Caption {
  /// One answer, in the field `caption`.
  init(_ text: String, ending: Ending = .stop) {
    self.init(
      answers: [Answer(field: "caption", text: text, ending: ending)], tokens: 2, seconds: 0.5,
      maxTokens: ending == .length ? 256 : nil)
  }
}

extension CaptionSettings {
  static let tiny = CaptionSettings(["model": "tiny", "prompt": "What?"])
}

/// A folder of files whose content is their name, and a run over them.
struct Gallery {
  let folder: TemporaryFolder
  var pictures: URL { folder.url.appending(path: "pictures") }
  var output: String { folder.url.appending(path: "rows.jsonl").path }
  var ledger: String { folder.url.appending(path: "ledger").path }

  init(_ names: [String]) throws {
    folder = try TemporaryFolder()
    for name in names { try folder.write(name, to: "pictures/\(name)") }
  }

  /// What a run is like.
  struct Options {
    var settings = CaptionSettings.tiny
    var mode = RowMode.resume
    var format = RowFormat.jsonl
    var sidecars: SidecarPolicy?
    var hasFile = true
    var redoes = false
    var answer = "A"
    var ending = Caption.Ending.stop
    var atATime = 1
    /// Where the run is cancelled.
    var stopAt: String?
    var items: [CaptionItem]?
  }

  /// What came of it.
  struct Outcome {
    var summary: CaptionRun.Summary
    var events: [CaptionRun.Event] = []
    /// The names of the pictures that were asked about.
    var asked: [String] = []
  }

  /// Captions all pictures as "A name."; `bad.png` fails.
  func run(_ options: Options = Options()) throws -> Outcome {
    let items = try options.items ?? PictureFinder().find([pictures.path]).items
    var run = CaptionRun(
      source: ItemList(items), prompts: [try CaptionPrompt(argument: "What?")],
      settings: options.settings)
    if options.hasFile {
      run.store = try RowFile(
        output, format: options.format, fields: ["caption"], settings: options.settings,
        mode: options.mode)
    }
    run.sidecars = options.sidecars.map { Sidecars($0, for: items, ledger: ledger) }
    run.redoes = options.redoes
    var outcome = Outcome(summary: .init())
    var asked: [String] = []
    let captioner = FakeCaptioner(atATime: options.atATime) { picture in
      let name = picture.fileName
      if name == options.stopAt { return nil }
      asked.append(name)
      guard name != "bad.png" else { return .failed("damaged") }
      return .caption(Caption("\(options.answer) \(name).", ending: options.ending))
    }
    outcome.summary = try run.run(by: captioner, isCancelled: { captioner.isStopped }) { event, _ in
      outcome.events.append(event)
    }
    try run.store?.finish()
    outcome.asked = asked
    return outcome
  }

  func run(_ change: (inout Options) -> Void) throws -> Outcome {
    var options = Options()
    change(&options)
    return try run(options)
  }

  var lines: [Substring] {
    get throws { try folder.read("rows.jsonl").split(separator: "\n") }
  }
}
