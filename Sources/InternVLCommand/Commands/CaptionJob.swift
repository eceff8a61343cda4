import Captioning
import Engines
import Files
import Foundation
import InternVL
import Models

/// What `internvl caption` does with its pictures: the run itself, and what `--dry-run` says of it.
struct CaptionJob {
  let command: CaptionCommand
  let prompts: [CaptionPrompt]
  /// All pictures; none where they are not known beforehand.
  let items: [CaptionItem]
  /// Those pictures, and those that other shares have or a limit leaves out.
  private let found: [CaptionItem]
  private let source: any CaptionSource
  /// The file for the rows; nil for standard output.
  private let file: String?

  /// A job on pictures that are known, with rows for a file or standard output.
  init(
    command: CaptionCommand, prompts: [CaptionPrompt], items: [CaptionItem], found: [CaptionItem],
    file: String?
  ) {
    self.command = command
    self.prompts = prompts
    self.items = items
    self.found = found
    self.file = file
    source = ItemList(items)
  }

  /// A job on pictures that come while it runs, with rows for standard output.
  init(command: CaptionCommand, prompts: [CaptionPrompt], source: any CaptionSource) {
    self.command = command
    self.prompts = prompts
    self.source = source
    items = []
    found = []
    file = nil
  }

  private var outputs: CaptionOutputs { command.outputs }
  private var fields: [String] { prompts.map(\.field) }

  /// Captions the pictures.
  func carryOut() throws {
    let question = try command.question(prompts)
    guard !command.engines.isOther else { return try askOther(question) }
    let preparation = try command.preparation(isOffline: false)
    let found = try preparation.find()
    // An output that cannot be used shows before a model is downloaded, wherever its settings are known.
    var store: (any RowStore)?
    if case .here(let checkpoint) = found {
      store = try openStore(command.settings(question, checkpoint))
    }
    let (checkpoint, loaded) = try Interrupts.cancellable {
      let checkpoint = try preparation.fetch(found)
      return (checkpoint, try preparation.load(checkpoint))
    }
    let settings = command.settings(question, checkpoint)
    if store == nil { store = try openStore(settings) }
    let captioner = captioner(loaded, question)
    try captioner.checkQuestion()
    var run = run(source, settings: settings, question: question)
    run.store = store
    try carryOut(run, by: captioner)
  }

  /// Has another engine caption the pictures: one that is started for this, or servers that run.
  private func askOther(_ question: CaptionQuestion) throws {
    if let shape = question.options.shape, shape.jsonSchema == nil {
      throw CommandError.shortSchemaForServer
    }
    guard let engine = command.engines.engine.engine else {
      let servers = try command.engines.servers(
        command.choice.model, in: command.choice.registry.load())
      return try carryOut(
        prepared(question, model: servers[0].shortName, engine: "endpoint"),
        by: captioner(servers, question))
    }
    let model = try EngineModel(command.choice, argument: nil)
    // An output that cannot be used shows before the engine is started.
    let run = try prepared(
      question, model: command.choice.modelPath == nil ? model.name : model.path,
      engine: engine.name)
    let started = try command.engines.start(
      engine, serving: model, contextLength: command.runtime.contextLength)
    defer { started.stop() }
    do {
      try carryOut(run, by: captioner([started.served], question))
    } catch let error as EndpointError {
      throw started.explained(error)
    }
  }

  /// A run by another engine, with its output open.
  private func prepared(
    _ question: CaptionQuestion, model: String, engine: String
  ) throws -> CaptionRun {
    let settings = command.settings(question, model: model, engine: engine)
    var run = run(source, settings: settings, question: question)
    run.store = try openStore(settings)
    return run
  }

  private func captioner(
    _ servers: [ServedModel], _ question: CaptionQuestion
  ) -> EndpointCaptioner {
    EndpointCaptioner(
      servers, parallel: command.parallel, question: question,
      orientation: command.reading.orientation, describe: { Advice.sentence($0) },
      onLost: { StandardError.say("internvl: \($0) is asked no more: \($1)") })
  }

  /// Makes an output without rows for a share without pictures, so that it does not seem to be missing.
  func leaveEmpty() throws {
    if !outputs.quiet { StandardError.say("this share has no pictures") }
    if let file, !command.dryRun { _ = try OpenFile(growing: file) }
  }

  private func openStore(
    _ settings: CaptionSettings
  ) throws(CaptioningError) -> (any RowStore)? {
    guard let file else { return nil }
    if outputs.isArchive {
      return try SampleArchive(
        file, fields: fields, settings: settings, mode: outputs.mode, policy: outputs.policy)
    }
    let rows = try RowFile(
      file, format: outputs.rowFormat, fields: fields, settings: settings, mode: outputs.mode)
    if rows.repairedBytes > 0, !outputs.quiet {
      StandardError.say("internvl: removed an unfinished row at the end of '\(file)'")
    }
    return rows
  }

  private func run(
    _ source: any CaptionSource, settings: CaptionSettings, question: CaptionQuestion
  ) -> CaptionRun {
    var run = CaptionRun(
      source: source, prompts: prompts, settings: settings,
      maxTokens: question.options.maxTokens, contextLength: command.runtime.contextLength)
    let readsTexts = prompts.contains(where: \.usesTextFile)
    if readsTexts || outputs.writesSidecars {
      let texts = Sidecars(outputs.policy, for: found, ledger: Environment.writtenSidecars.path)
      run.texts = readsTexts ? texts : nil
      run.sidecars = outputs.writesSidecars ? texts : nil
    }
    run.redoes = outputs.overwrite
    return run
  }

  private func captioner(_ loaded: LoadedModel, _ question: CaptionQuestion) -> Captioner {
    Captioner(
      loaded.model, question: question, orientation: command.reading.orientation,
      describe: Advice.sentence,
      onReply: { [isVerbose = command.verbose] item, reply in
        guard isVerbose else { return }
        StandardError.say(item.path)
        reply.timingLines.forEach(StandardError.say)
      })
  }

  private func carryOut(_ run: CaptionRun, by captioner: some PictureCaptioner) throws {
    let failures = try outputs.failures.map { try FailureList($0) }
    let progress = CaptionProgress(
      total: run.source.count, isQuiet: outputs.quiet, printsRows: file == nil)
    if file == nil { try StandardOutput.write(outputs.rowFormat.header(fields: fields)) }
    let summary = try Interrupts.cancellable {
      try run.run(by: captioner, isCancelled: { Interrupts.isRequested }) { event, summary in
        switch event {
        case .finished(let row, let item, _):
          if file == nil { try StandardOutput.write(outputs.rowFormat.line(row, fields: fields)) }
          if case .failed(let reason) = row.outcome {
            progress.say(reason)
            try failures?.append(item.path)
          }
        case .keptSidecar(let path): progress.say("left '\(path)' as it is: somebody else wrote it")
        case .skipped: break
        }
        progress.update(summary)
      }
    }
    try run.store?.finish()
    if let path = outputs.report, let rows = run.store?.rows, !summary.wasCancelled {
      progress.say("writing '\(path)'")
      try Interrupts.cancellable {
        try CaptionReport(path, orientation: command.reading.orientation).write(
          title: "Captions", items: items, rows: rows, isCancelled: { Interrupts.isRequested })
      }
    }
    progress.finish(summary, places: places(summary))
    if summary.wasCancelled { throw CommandError.interrupted }
    if summary.failed > 0 { throw CommandError.failures(summary.failed) }
  }

  /// Where to look.
  private func places(_ summary: CaptionRun.Summary) -> [String] {
    var places = file.map { ["rows in '\($0)'"] } ?? []
    if let failures = outputs.failures, summary.failed > 0 {
      places.append("failures in '\(failures)'")
    }
    if let report = outputs.report, !summary.wasCancelled { places.append("report '\(report)'") }
    return places
  }

  // MARK: - Dry run

  /// Says what would be done, and how long it would take by the speed of the first pictures.
  func tell() throws {
    let question = try command.question(prompts)
    let preparation = try command.preparation(isOffline: true)
    guard case .here(let checkpoint) = try preparation.find() else {
      return StandardError.say(
        "\(Units.count(items.count, "picture")); how long they take shows once the model is here")
    }
    let settings = command.settings(question, checkpoint)
    let rows = try outputs.overwrite ? [:] : readRows(settings)
    let run = run(source, settings: settings, question: question)
    let plan = try run.plan(rows: file == nil ? nil : rows)
    StandardError.say(
      "\(Units.count(items.count, "picture")): \(plan.undone.count) to caption, \(plan.done) done"
        + (plan.refused > 0 ? ", \(plan.refused) that cannot be read" : "")
        + (plan.unsure > 0 ? ", \(plan.unsure) done unless they changed" : ""))
    guard !plan.undone.isEmpty else { return }
    try tellTime(preparation, checkpoint, plan.undone, question, settings)
  }

  private func readRows(_ settings: CaptionSettings) throws(CaptioningError) -> [ExactText:
    CaptionRow]
  {
    guard let file else { return [:] }
    if outputs.isArchive {
      return try SampleArchive.rows(of: file, settings: settings, mode: outputs.mode)
    }
    return try RowFile.rows(
      in: file, format: outputs.rowFormat, fields: fields, settings: settings, mode: outputs.mode)
  }

  /// Captions a few pictures, and throws the captions away.
  private func tellTime(
    _ preparation: ModelPreparation, _ checkpoint: ModelCheckpoint, _ undone: [CaptionItem],
    _ question: CaptionQuestion, _ settings: CaptionSettings
  ) throws {
    let loaded = try Interrupts.cancellable { try preparation.load(checkpoint) }
    let captioner = captioner(loaded, question)
    try captioner.checkQuestion()
    let first = Array(undone.prefix(command.parallel))
    var trial = run(ItemList(first), settings: settings, question: question)
    trial.sidecars = nil
    let started = ContinuousClock.now
    let summary = try Interrupts.cancellable {
      try trial.run(by: captioner, isCancelled: { Interrupts.isRequested }) { _, _ in }
    }
    if summary.wasCancelled { throw CommandError.interrupted }
    guard summary.captioned > 0 else {
      return StandardError.say(
        "how long they take is not known: \(Units.count(first.count, "picture")) could not be captioned"
      )
    }
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    StandardError.say(
      "about \(Units.time(seconds / Double(first.count) * Double(undone.count))), by the first "
        + "\(Units.count(first.count, "picture")): "
        + Units.picturesAMinute(first.count, seconds: seconds))
  }
}
