package import Foundation

/// Captions images, several at a time, and skips those that have a caption.
package struct CaptionRun {
  /// The outcome of a run.
  package struct Summary: Sendable, Equatable {
    package var captioned = 0
    package var skipped = 0
    package var failed = 0
    package var wasCancelled = false
  }

  /// What happens while a run goes on.
  package enum Event: Sendable, Equatable {
    /// An image was captioned or could not be; `number` counts the run's images from 1.
    case finished(CaptionRow, number: Int)
    /// A text file beside an image was not written by an earlier run, and was left alone.
    case keptSidecar(URL)
  }

  package var images: [URL]
  package var prompt: String
  /// What replaces the model's system message.
  package var system: String?
  /// The model's name, which goes into the rows.
  package var model: String
  /// The largest length of a caption, and the length of its context.
  package var maxTokens: Int
  package var contextLength: Int
  /// Whether a text file beside each image gets its caption.
  package var writesSidecars: Bool
  /// The file that gets the rows; nil when they go elsewhere.
  package var file: CaptionFile?

  package init(
    images: [URL], prompt: String, system: String? = nil, model: String, maxTokens: Int = 1024,
    contextLength: Int = 8192, writesSidecars: Bool, file: CaptionFile?
  ) {
    self.images = images
    self.prompt = prompt
    self.system = system
    self.model = model
    self.maxTokens = maxTokens
    self.contextLength = contextLength
    self.writesSidecars = writesSidecars
    self.file = file
  }

  /// Captions what is not done yet, and writes rows in the order of the images.
  ///
  /// An error ends the run, as cancelling does. Rows of images that were finished by then are written.
  ///
  /// - Parameters:
  ///   - captioner: finds the captions.
  ///   - isCancelled: asked between its pieces of work.
  ///   - onEvent: called for every row after it was written.
  /// - Returns: the outcome so far.
  /// - Throws: `CaptioningError` where a row cannot be written, and the errors of the captioner and of
  ///   `onEvent`.
  package func run(
    by captioner: some PictureCaptioner, isCancelled: () -> Bool = { false },
    onEvent: (Event) throws -> Void
  ) throws -> Summary {
    var summary = Summary()
    var undone = Undone(self)
    var begun: [Work] = []
    func record(_ works: [Work]) throws {
      for work in works { try self.record(work, &summary, onEvent) }
    }
    do {
      while !isCancelled() {
        while begun.count < Self.mostUnwritten, captioner.hasRoom,
          let work = try undone.next(&summary)
        {
          begun.append(work)
          captioner.begin(work.image) { work.outcome = $0 }
        }
        if begun.isEmpty { return summary }
        try captioner.work()
        let finished = begun.prefix { $0.outcome != nil }
        begun.removeFirst(finished.count)
        try record(Array(finished))
      }
    } catch {
      captioner.cancel()
      try record(begun)
      throw error
    }
    captioner.cancel()
    try record(begun)
    summary.wasCancelled = true
    return summary
  }

  /// How many images may have begun before the first of them is finished: what a power cut can cost.
  private static let mostUnwritten = 32

  /// Writes the row of an image, and its sidecar; nothing where the image is not finished.
  private func record(
    _ work: Work, _ summary: inout Summary, _ onEvent: (Event) throws -> Void
  ) throws {
    guard let outcome = work.outcome else { return }
    let row = CaptionRow(key: work.key, outcome: outcome)
    if row != work.earlier { try file?.append(row) }
    try onEvent(.finished(row, number: work.number))
    guard let text = row.text else {
      summary.failed += 1
      return
    }
    summary.captioned += 1
    if let sidecar = work.sidecar, try !write(text, to: sidecar, own: work.own) {
      try onEvent(.keptSidecar(sidecar))
    }
  }

  /// Whether an image needs no work.
  ///
  /// Writes a sidecar that an earlier run did not get to, and updates one that holds another run's
  /// caption.
  fileprivate func isDone(_ work: Work) throws(CaptioningError) -> Bool {
    if file == nil {
      return work.sidecar.map { FileManager.default.fileExists(atPath: $0.path) } ?? false
    }
    guard case .caption(let caption)? = work.earlier?.outcome,
      !caption.isTooShort(maxTokens: maxTokens, contextLength: contextLength)
    else { return false }
    if let sidecar = work.sidecar { _ = try write(caption.text, to: sidecar, own: work.own) }
    return true
  }

  /// Writes a sidecar unless the file is somebody else's; returns whether it holds the caption.
  private func write(
    _ text: String, to sidecar: URL, own: Set<String>
  ) throws(CaptioningError) -> Bool {
    if FileManager.default.fileExists(atPath: sidecar.path) {
      guard let current = Sidecar.text(sidecar) else { return false }
      if current == Sidecar.content(text) { return true }
      guard own.contains(where: { current == Sidecar.content($0) }) else { return false }
    }
    try Sidecar.write(text, to: sidecar)
    return true
  }
}

/// An image that needs a caption, and what is known of it.
private final class Work {
  let image: URL
  /// Counts the run's images from 1.
  let number: Int
  let key: CaptionKey
  let earlier: CaptionRow?
  let sidecar: URL?
  /// The captions that earlier runs may have put beside the image.
  let own: Set<String>
  var outcome: CaptionOutcome?

  init(_ run: CaptionRun, index: Int, sidecar: URL?, ownTexts: [String: Set<String>]) {
    image = run.images[index]
    number = index + 1
    key = CaptionKey(image: image, prompt: run.prompt, system: run.system, model: run.model)
    earlier = run.file?.rows[key]
    self.sidecar = sidecar
    own = ownTexts[image.path] ?? []
  }
}

/// The images of a run that need captions, in their order.
private struct Undone {
  private let run: CaptionRun
  private let sidecars: [URL: URL]
  private let ownTexts: [String: Set<String>]
  private var index = 0

  init(_ run: CaptionRun) {
    self.run = run
    sidecars = run.writesSidecars ? Sidecar.files(for: run.images) : [:]
    ownTexts = run.file?.captions ?? [:]
  }

  /// The next image without a caption, nil when there are no more.
  ///
  /// Counts those that it skips.
  mutating func next(_ summary: inout CaptionRun.Summary) throws(CaptioningError) -> Work? {
    while run.images.indices.contains(index) {
      defer { index += 1 }
      let work = Work(run, index: index, sidecar: sidecars[run.images[index]], ownTexts: ownTexts)
      guard try run.isDone(work) else { return work }
      summary.skipped += 1
    }
    return nil
  }
}
