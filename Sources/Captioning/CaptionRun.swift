package import Foundation

/// Captions images one after another, and leaves out what is done.
package struct CaptionRun {
  /// What a run did.
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
  /// The model's name, which goes into the rows.
  package var model: String
  /// Whether a text file beside each image gets its caption.
  package var writesSidecars: Bool
  /// The file that gets the rows; nil when they go elsewhere.
  package var file: CaptionFile?

  package init(
    images: [URL], prompt: String, model: String, writesSidecars: Bool, file: CaptionFile?
  ) {
    self.images = images
    self.prompt = prompt
    self.model = model
    self.writesSidecars = writesSidecars
    self.file = file
  }

  /// Captions what is not done yet.
  ///
  /// `caption` answers for one image, or nil when the user cancelled it; `onEvent` hears of
  /// every row after it was written. What either of them throws ends the run.
  package func run(
    caption: (URL) throws -> CaptionOutcome?, onEvent: (Event) throws -> Void
  ) throws -> Summary {
    var summary = Summary()
    let sidecars = writesSidecars ? Sidecar.files(for: images) : [:]
    let ownTexts = ownSidecarTexts()
    for (index, image) in images.enumerated() {
      let sidecar = sidecars[image]
      let key = CaptionKey(image: image, prompt: prompt, model: model)
      let earlier = file?.rows[key]
      if try isDone(earlier, sidecar: sidecar) {
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
        if let sidecar, try !write(text, to: sidecar, own: ownTexts[image.path] ?? []) {
          try onEvent(.keptSidecar(sidecar))
        }
      } else {
        summary.failed += 1
      }
    }
    return summary
  }

  /// Whether an image needs no work; makes up for a sidecar that an earlier run did not get to.
  private func isDone(_ earlier: CaptionRow?, sidecar: URL?) throws(CaptioningError) -> Bool {
    if file == nil {
      return sidecar.map { FileManager.default.fileExists(atPath: $0.path) } ?? false
    }
    guard let text = earlier?.text else { return false }
    if let sidecar, !FileManager.default.fileExists(atPath: sidecar.path) {
      try Sidecar.write(text, to: sidecar)
    }
    return true
  }

  /// The captions that earlier runs may have put beside each image.
  private func ownSidecarTexts() -> [String: Set<String>] {
    guard writesSidecars, let file else { return [:] }
    var texts: [String: Set<String>] = [:]
    for row in file.rows.values {
      if let text = row.text { texts[row.key.image, default: []].insert(Sidecar.content(text)) }
    }
    return texts
  }

  /// Writes a sidecar unless somebody else did; says whether it was written.
  private func write(
    _ text: String, to sidecar: URL, own: Set<String>
  ) throws(CaptioningError) -> Bool {
    if FileManager.default.fileExists(atPath: sidecar.path) {
      guard let current = Sidecar.text(sidecar),
        own.contains(current) || current == Sidecar.content(text)
      else { return false }
    }
    try Sidecar.write(text, to: sidecar)
    return true
  }
}
