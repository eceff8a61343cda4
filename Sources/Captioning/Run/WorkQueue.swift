import Files

/// A picture that needs work, and what is known of it.
final class Work {
  let item: CaptionItem
  /// Counts the run's pictures from 1.
  let number: Int
  let earlier: CaptionRow?
  /// The file as it was when the picture began.
  let now: PictureIdentity?
  /// What the captioner is given; nil where the result is known.
  var request: PictureRequest?
  var result: PictureResult?

  init(_ item: CaptionItem, number: Int, earlier: CaptionRow?, now: PictureIdentity?) {
    self.item = item
    self.number = number
    self.earlier = earlier
    self.now = now
  }
}

/// The pictures of a run that need work, in their order.
final class WorkQueue {
  private let run: CaptionRun
  private let archives = ArchiveContents()
  private var number = 0
  private(set) var hasEnded = false

  init(_ run: CaptionRun) { self.run = run }

  /// The next picture that needs work; nil when there is none now.
  func next(_ onSkipped: () throws -> Void) throws -> Work? {
    while true {
      switch run.source.next() {
      case .later: return nil
      case .end:
        hasEnded = true
        return nil
      case .item(let item):
        number += 1
        if let work = try work(item) { return work }
        try onSkipped()
      }
    }
  }

  /// The work on a picture; nil where it is done.
  private func work(_ item: CaptionItem) throws(CaptioningError) -> Work? {
    let earlier = run.store?.rows[item.rowName]
    let work = Work(item, number: number, earlier: earlier, now: item.identity)
    switch try run.need(item, earlier: earlier, now: work.now, hasRows: run.store != nil) {
    case .nothing:
      if let caption = earlier?.caption { _ = try run.writeSidecar(caption, item) }
      return nil
    case .failure(let reason): work.result = PictureResult(.failed(reason))
    case .answers: begin(work, knownHash: nil)
    case .answersUnless(let hash): begin(work, knownHash: hash)
    }
    return work
  }

  private func begin(_ work: Work, knownHash: String?) {
    let content: PictureRequest.Content
    switch work.item.place {
    case .file(let path): content = .file(path: path)
    case .member(let archive, let index, let identity):
      do {
        content = .bytes(try archives.bytes(of: index, in: archive, identity: identity))
      } catch {
        work.result = PictureResult(.failed("'\(work.item.name)' cannot be read: \(error)"))
        return
      }
    case .memory(let bytes): content = .bytes(bytes)
    case .refused(let reason):
      work.result = PictureResult(.failed(reason))
      return
    }
    let existing = run.texts?.existingText(work.item) ?? ""
    work.request = PictureRequest(
      item: work.item, content: content, knownHash: knownHash, existing: existing)
  }
}
