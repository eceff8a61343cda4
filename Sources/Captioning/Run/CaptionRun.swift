import Files

/// Captions pictures, several at a time, and skips those that have their answers.
package struct CaptionRun {
  /// The outcome of a run.
  package struct Summary: Sendable, Equatable {
    package var captioned = 0
    package var skipped = 0
    package var failed = 0
    /// Of those captioned: how many have an answer that was cut off, or that runs in circles.
    package var cut = 0
    package var looped = 0
    /// Text files of others that stayed as they are.
    package var kept = 0
    package var wasCancelled = false

    package init(
      captioned: Int = 0, skipped: Int = 0, failed: Int = 0, cut: Int = 0, looped: Int = 0,
      kept: Int = 0, wasCancelled: Bool = false
    ) {
      self.captioned = captioned
      self.skipped = skipped
      self.failed = failed
      self.cut = cut
      self.looped = looped
      self.kept = kept
      self.wasCancelled = wasCancelled
    }

    /// Pictures that are done with.
    package var done: Int { captioned + skipped + failed }
  }

  /// What happens while a run goes on.
  package enum Event: Sendable, Equatable {
    /// A picture was captioned or could not be; `number` counts the run's pictures from 1.
    case finished(CaptionRow, CaptionItem, number: Int)
    /// A picture had its answers.
    case skipped
    /// A text file was not written by an earlier run, and was left alone.
    case keptSidecar(String)
  }

  package var source: any CaptionSource
  package var prompts: [CaptionPrompt]
  package var settings: CaptionSettings
  /// The largest length of an answer, and the length of its context.
  package var maxTokens: Int
  package var contextLength: Int
  /// The text files that get the first prompt's answers; nil where there are none.
  package var sidecars: Sidecars?
  /// Where the text for `{existing}` is; nil where no prompt asks for it.
  package var texts: Sidecars?
  /// What gets the rows; nil when they go elsewhere.
  package var store: (any RowStore)?
  /// Whether pictures whose text file this program wrote are captioned again, where no file has rows.
  package var redoes = false

  package init(
    source: any CaptionSource, prompts: [CaptionPrompt], settings: CaptionSettings,
    maxTokens: Int = 256, contextLength: Int = 8192, sidecars: Sidecars? = nil,
    store: (any RowStore)? = nil
  ) {
    self.source = source
    self.prompts = prompts
    self.settings = settings
    self.maxTokens = maxTokens
    self.contextLength = contextLength
    self.sidecars = sidecars
    self.store = store
  }

  /// Captions what is not done yet, and writes rows in the order of the pictures.
  ///
  /// An error ends the run, as cancelling does. Rows of pictures that were finished by then are written.
  ///
  /// - Parameters:
  ///   - captioner: finds the captions.
  ///   - isCancelled: asked between its pieces of work.
  ///   - onEvent: called for every row after it was written, with the outcome so far.
  /// - Returns: the outcome.
  /// - Throws: `CaptioningError` where a row cannot be written, and the errors of the captioner and of
  ///   `onEvent`.
  package func run(
    by captioner: some PictureCaptioner, isCancelled: () -> Bool = { false },
    onEvent: (Event, Summary) throws -> Void
  ) throws -> Summary {
    let queue = WorkQueue(self)
    var summary = Summary()
    var begun: [Work] = []
    func record(_ works: [Work]) throws {
      for work in works { try self.record(work, &summary, onEvent) }
    }
    do {
      while !isCancelled() {
        while begun.count < Self.mostUnwritten, captioner.hasRoom,
          let work = try queue.next({
            summary.skipped += 1
            try onEvent(.skipped, summary)
          })
        {
          begun.append(work)
          guard let request = work.request else { continue }
          captioner.begin(request) { work.result = $0 }
          work.request = nil
        }
        if begun.isEmpty {
          if queue.hasEnded { return summary }
          source.wait(seconds: 0.1)
          continue
        }
        try captioner.work()
        let finished = begun.prefix { $0.result != nil }
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

  /// How many pictures may have begun before the first of them is finished: what a power cut can cost.
  private static let mostUnwritten = 32

  // MARK: What is done

  /// What is to be done about a picture.
  enum Need: Equatable {
    case nothing
    case answers
    /// Answers, unless the file still has this hash.
    case answersUnless(hash: String)
    /// An error row.
    case failure(String)
  }

  /// What a picture needs; `earlier` is its newest row, `now` its file, and `hasRows`
  /// whether there is a file of rows.
  func need(
    _ item: CaptionItem, earlier: CaptionRow?, now: PictureIdentity?, hasRows: Bool
  ) throws(CaptioningError) -> Need {
    if case .refused(let reason) = item.place { return .failure(reason) }
    func sidecar() -> Sidecars.State? {
      sidecars.flatMap { sidecars in sidecars.path(of: item).map { sidecars.state($0) } }
    }
    if sidecars?.policy.existing == .error, earlier?.caption == nil, case .foreign? = sidecar() {
      return .failure("'\(item.path)' has a text file already")
    }
    guard hasRows else { return isDone(sidecar()) ? .nothing : .answers }
    if case .failed? = earlier?.outcome, store?.retriesFailures == false { return .nothing }
    guard let caption = earlier?.caption, let known = earlier?.identity, let now,
      !caption.isTooShort(maxTokens: maxTokens, contextLength: contextLength)
    else { return .answers }
    switch known.match(now) {
    case .same: return .nothing
    case .different: return .answers
    case .decidedByHash: return known.sha256.map { .answersUnless(hash: $0) } ?? .answers
    }
  }

  /// Whether a text file says that its picture is done, where no row can.
  private func isDone(_ sidecar: Sidecars.State?) -> Bool {
    switch sidecar {
    case nil, .free?: false
    case .own?: !redoes
    case .foreign?: sidecars?.policy.existing == .skip
    case .unusable?: true
    }
  }

  // MARK: Writing

  /// Writes the row of a picture, and its text file; nothing where the picture is not finished.
  private func record(
    _ work: Work, _ summary: inout Summary, _ onEvent: (Event, Summary) throws -> Void
  ) throws {
    guard let result = work.result else { return }
    guard let outcome = result.outcome else {
      summary.skipped += 1
      if let caption = work.earlier?.caption { try writeSidecar(caption, work, &summary, onEvent) }
      return try onEvent(.skipped, summary)
    }
    var identity = work.now
    identity?.sha256 = result.sha256
    // The file may have changed since it was looked at.
    if let bytes = result.bytes { identity?.bytes = bytes }
    let row = CaptionRow(
      name: work.item.rowName, outcome: outcome, identity: identity, width: result.width,
      height: result.height, settings: settings)
    if row != work.earlier { try store?.append(row, of: work.item) }
    if let caption = row.caption {
      summary.captioned += 1
      if caption.ending == .length { summary.cut += 1 }
      if caption.ending == .repetition { summary.looped += 1 }
    } else {
      summary.failed += 1
    }
    try onEvent(.finished(row, work.item, number: work.number), summary)
    if let caption = row.caption { try writeSidecar(caption, work, &summary, onEvent) }
  }

  /// Puts the first prompt's answer into the picture's text file.
  func writeSidecar(
    _ caption: Caption, _ work: Work, _ summary: inout Summary,
    _ onEvent: (Event, Summary) throws -> Void
  ) throws {
    guard try !writeSidecar(caption, work.item), let path = sidecars?.path(of: work.item) else {
      return
    }
    summary.kept += 1
    try onEvent(.keptSidecar(path), summary)
  }

  /// Returns whether the text file is as it should be.
  func writeSidecar(
    _ caption: Caption, _ item: CaptionItem
  ) throws(CaptioningError) -> Bool {
    guard let sidecars, let field = prompts.first?.field,
      let answer = caption.answers.first(where: { $0.field == field }),
      answer.ending == .stop || sidecars.policy.allowsCut
    else { return true }
    return try sidecars.write(answer.text, of: item)
  }
}
