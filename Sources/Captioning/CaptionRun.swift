package import Foundation

/// Captions images one after another, and skips those that have a caption.
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

  /// Captions what is not done yet.
  ///
  /// `caption` returns one image's caption, or nil when the user cancelled it. `onEvent` is called
  /// for every row after it was written. An error from either ends the run.
  package func run(
    caption: (URL) throws -> CaptionOutcome?, onEvent: (Event) throws -> Void
  ) throws -> Summary {
    var summary = Summary()
    let sidecars = writesSidecars ? Sidecar.files(for: images) : [:]
    // The captions that earlier runs may have put beside each image.
    let ownTexts = file?.captions ?? [:]
    for (index, image) in images.enumerated() {
      let sidecar = sidecars[image]
      let key = CaptionKey(image: image, prompt: prompt, system: system, model: model)
      let own = ownTexts[image.path] ?? []
      let earlier = file?.rows[key]
      if try isDone(earlier, sidecar: sidecar, own: own) {
        summary.skipped += 1
        continue
      }
      guard let outcome = try caption(image) else {
        summary.wasCancelled = true
        break
      }
      let row = CaptionRow(key: key, outcome: outcome)
      if row != earlier { try file?.append(row) }
      try onEvent(.finished(row, number: index + 1))
      if let text = row.text {
        summary.captioned += 1
        if let sidecar, try !write(text, to: sidecar, own: own) {
          try onEvent(.keptSidecar(sidecar))
        }
      } else {
        summary.failed += 1
      }
    }
    return summary
  }

  /// Whether an image needs no work.
  ///
  /// Writes a sidecar that an earlier run did not get to, and updates one that holds another run's
  /// caption.
  private func isDone(
    _ earlier: CaptionRow?, sidecar: URL?, own: Set<String>
  ) throws(CaptioningError) -> Bool {
    if file == nil {
      return sidecar.map { FileManager.default.fileExists(atPath: $0.path) } ?? false
    }
    guard case .caption(let caption)? = earlier?.outcome,
      !caption.isTooShort(maxTokens: maxTokens, contextLength: contextLength)
    else { return false }
    if let sidecar { _ = try write(caption.text, to: sidecar, own: own) }
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
