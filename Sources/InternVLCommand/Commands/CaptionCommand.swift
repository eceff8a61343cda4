import ArgumentParser
import Captioning
import Engines
import Files
import Foundation
import InternVL
import Models

/// `internvl caption`: one caption a picture, for whole folders.
struct CaptionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "caption",
    abstract: "Captions pictures, folders of pictures and archives.",
    discussion: """
      Prints a row of JSON for each picture. Run it again to go on where it ended: pictures that \
      have a caption in the --output file are skipped unless they changed. A picture that cannot \
      be read gets a row with an error, and the exit status is 3 then.

      Example: internvl caption photos/ --model-name 1b --output captions.jsonl
      """)

  /// The largest length of a caption where none is given.
  static let usualTokens = 256

  @OptionGroup var sources: CaptionSources
  @OptionGroup(title: "Model") var choice: CheckpointChoice
  @OptionGroup(title: "Engine") var engines: EngineChoice
  @OptionGroup(title: "Question") var texts: CaptionTexts
  @OptionGroup(title: "Output") var outputs: CaptionOutputs
  @OptionGroup(title: "Answer") var shaping: ShapeChoice
  @OptionGroup(title: "Answer") var generation: GenerationChoice
  @OptionGroup(title: "Running") var runtime: RuntimeChoice
  @OptionGroup var download: DownloadChoice

  @Option(
    help: ArgumentHelp(
      "Pictures to ask about at the same time, each server; fewer where memory is short.",
      valueName: "count"))
  var parallel = 8

  @OptionGroup var reading: PictureReading

  @Flag(
    help: """
      Takes pictures from standard input, as lines of JSON such as {"image": "a.jpg"}, and prints \
      rows until the input ends.
      """)
  var worker = false

  @Flag(help: "Says what would be done, and how long it would take; writes nothing.")
  var dryRun = false

  @Flag(help: "Says on standard error where the time went, for each picture.")
  var verbose = false

  func validate() throws {
    try check("--parallel", parallel, in: 1...64)
    try engines.refuse(native: nativeOptions, generation: generation, shape: shaping)
    if worker {
      guard sources.isEmpty, outputs.file == nil, !outputs.writesSidecars, !dryRun else {
        throw ValidationError("--worker has its pictures and its output on standard streams.")
      }
      guard sources.takesAll, outputs.mode == .resume else {
        throw ValidationError(
          "--worker answers every line; leave out --limit, --shard, --shards, --include, --exclude, "
            + "--pages, --overwrite and --keep.")
      }
    }
  }

  /// The options among those given that only the native engine has.
  private var nativeOptions: [String] {
    [
      ("--adapter", choice.adapter != nil),
      ("--model-path", choice.modelPath != nil && !engines.endpoints.isEmpty),
      ("--dry-run", dryRun), ("--verbose", verbose),
    ].filter(\.1).map(\.0) + runtime.nativeOptions + generation.nativeOptions
  }

  func run() throws {
    engines.tellUnusedGPUs()
    let prompts = try texts.prompts()
    if outputs.ending != "txt", !outputs.writesSidecars, !prompts.contains(where: \.usesTextFile) {
      throw ValidationError("--extension is about text files; add --sidecar.")
    }
    guard !worker else {
      let source = LineSource(readLine: LineReader().next)
      return try CaptionJob(command: self, prompts: prompts, source: source).carryOut()
    }
    let shard = try sources.sharding.shard(environment: ProcessInfo.processInfo.environment)
    let found = try sources.find(base: outputs.base)
    if !outputs.quiet { found.tell() }
    guard !found.items.isEmpty else { throw CaptioningError.noImages }
    let file = outputs.file.map { shard?.file(of: $0) ?? $0 }
    try OutputFiles.check(
      outputs.files(rows: file), inputs: sources.files + texts.files, items: found.items)
    let job = CaptionJob(
      command: self, prompts: prompts, items: sources.chosen(found.items, shard: shard),
      found: found.items, file: file)
    if job.items.isEmpty { return try job.leaveEmpty() }
    try dryRun ? job.tell() : job.carryOut()
  }

  /// What prepares the model.
  func preparation(isOffline: Bool) throws -> ModelPreparation {
    var choice = choice
    if isOffline { choice.hub.offline = true }
    return try choice.preparation(
      argument: nil, runtime: runtime, maxTiles: generation.maxTiles,
      batch: BatchRequest(
        conversations: parallel, answerTokens: generation.maxTokens ?? Self.usualTokens),
      download: download)
  }

  /// The options that change the answer of another engine.
  func settings(
    _ question: CaptionQuestion, model: String, engine: String
  ) -> CaptionSettings {
    var settings = CaptionSettings(
      model: model, prompts: question.prompts, system: question.system, options: question.options,
      style: question.style)
    settings["engine"] = engine
    settings["orientation"] = reading.ignoreOrientation ? "as stored" : nil
    return settings
  }

  /// What every picture is asked.
  func question(_ prompts: [CaptionPrompt]) throws -> CaptionQuestion {
    var options = generation.options(
      maxTokens: Self.usualTokens, topK: engines.usualTopK)
    options.shape = try shaping.shape()
    return CaptionQuestion(
      prompts: prompts, system: texts.system, options: options, style: texts.style)
  }

  /// The options that change an answer.
  func settings(_ question: CaptionQuestion, _ checkpoint: ModelCheckpoint) -> CaptionSettings {
    var settings = CaptionSettings(
      // Folders of checkpoints often have the same name.
      model: choice.modelPath == nil
        ? checkpoint.name : checkpoint.folder.resolvingSymlinksInPath().path,
      prompts: question.prompts, system: question.system, options: question.options,
      style: question.style)
    settings["adapter"] = choice.adapter.map {
      URL(filePath: $0).resolvingSymlinksInPath().path
    }
    settings["revision"] =
      choice.modelPath == nil ? checkpoint.revision ?? choice.hub.revision : nil
    settings["precision"] =
      (runtime.precision ?? Precision.usual(for: checkpoint.configuration)).rawValue
    settings["orientation"] = reading.ignoreOrientation ? "as stored" : nil
    return settings
  }
}
