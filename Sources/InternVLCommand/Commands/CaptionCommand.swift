import ArgumentParser
import Captioning
import Foundation
import Imaging
import InternVL
import Registry

/// `internvl caption`: one caption an image, for whole folders.
struct CaptionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "caption",
    abstract: "Captions pictures and folders of pictures.",
    discussion: """
      Prints one JSON object an image. Run it again to go on where it ended: images that have a \
      caption in the --output file, from the same model and prompt, are skipped unless they \
      changed. A picture that cannot be read gets a row with an error.

      Example: internvl caption photos/ --model-name 1b --output captions.jsonl
      """)

  @Argument(help: "Picture files, and folders to search for them.")
  var paths: [String]

  @OptionGroup(title: "Model") var choice: CheckpointChoice

  @Option(name: .shortAndLong, help: ArgumentHelp("What to ask.", valueName: "text"))
  var prompt = "Describe the image in one sentence."

  @Option(help: ArgumentHelp("Replaces the model's system message.", valueName: "text"))
  var system: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Adds the rows to this file; - or nothing: standard output.", valueName: "file.jsonl"))
  var output: String?

  @Flag(help: "Writes each caption to a text file beside its image too.")
  var sidecar = false

  @OptionGroup var reading: PictureReading

  @OptionGroup(title: "Answer") var generation: GenerationChoice
  @OptionGroup(title: "Running") var runtime: RuntimeChoice

  @Flag(help: "Says on standard error where the time went, for each image.")
  var verbose = false

  /// The file for the rows; nil for standard output.
  private var outputFile: String? { output == "-" ? nil : output }

  func validate() throws {
    if prompt.isEmpty { throw ValidationError("the prompt is empty.") }
    if output == "" { throw ValidationError("the output file has no name.") }
    guard prompt.split(separator: "<image>", omittingEmptySubsequences: false).count <= 2 else {
      throw ValidationError("the prompt has several <image>; each caption is about one picture.")
    }
  }

  func run() throws {
    let found = try ImageFinder.find(paths)
    for folder in found.unreadableFolders {
      StandardError.say("internvl: skipped the folder '\(folder)', which cannot be read")
    }
    for name in found.unreadableNames {
      StandardError.say("internvl: skipped '\(name)', whose name is not UTF-8; rename it")
    }
    guard !found.images.isEmpty else { throw CaptioningError.noImages }
    let file = try outputFile.map { try CaptionFile(URL(filePath: $0)) }
    if let file, file.repairedBytes > 0 {
      StandardError.say("internvl: removed an unfinished row at the end of '\(outputFile ?? "")'")
    }
    let selected = try choice.select(
      argument: nil, runtime: runtime, maxTiles: generation.maxTiles)
    let loaded = try choice.load(selected, runtime: runtime, maxTiles: generation.maxTiles)
    let captioner = Captioner(
      loaded: loaded, system: system, prompt: prompt, options: generation.options,
      input: reading.input, isVerbose: verbose)
    try captioner.checkPrompt()
    let run = CaptionRun(
      images: found.images, prompt: prompt, system: system,
      // Folders of checkpoints often have the same name.
      model: choice.modelPath == nil
        ? selected.name : selected.folder.resolvingSymlinksInPath().path,
      maxTokens: generation.maxTokens, contextLength: runtime.contextLength,
      writesSidecars: sidecar, file: file)
    try report(
      Interrupts.cancellable {
        try run.run(caption: captioner.caption) { try heard($0, total: found.images.count) }
      })
  }

  /// Passes a row on to where the user looks.
  private func heard(_ event: CaptionRun.Event, total: Int) throws {
    switch event {
    case .finished(let row, let number):
      if outputFile == nil {
        try StandardOutput.write(json: row)
      } else if StandardError.isTerminal {
        StandardError.say("\(number) of \(total): \(row.key.image)")
      }
      if case .failed(let reason) = row.outcome {
        StandardError.say("internvl: \(reason)")
      }
    case .keptSidecar(let file):
      StandardError.say("internvl: left '\(file.path)' as it is: no caption of an earlier run")
    }
  }

  private func report(_ summary: CaptionRun.Summary) throws(CommandError) {
    StandardError.say(
      "\(summary.captioned) captioned, \(summary.skipped) skipped, \(summary.failed) failed"
        + (summary.wasCancelled ? "; interrupted" : ""))
    if summary.wasCancelled { throw .interrupted }
  }
}

/// Asks a model about one image after another.
struct Captioner {
  let loaded: LoadedModel
  let system: String?
  let prompt: String
  let options: GenerationOptions
  let input: PictureInput
  let isVerbose: Bool
  private let session: ChatSession

  init(
    loaded: LoadedModel, system: String?, prompt: String, options: GenerationOptions,
    input: PictureInput, isVerbose: Bool
  ) {
    self.loaded = loaded
    self.system = system
    self.prompt = prompt
    self.options = options
    self.input = input
    self.isVerbose = isVerbose
    session = loaded.model.makeSession()
  }

  /// Refuses a prompt that goes with no image: it is made for the smallest one, and not answered.
  func checkPrompt() throws(InternVLError) {
    let smallest = Image(RGBImage(width: 1, height: 1, pixels: [0, 0, 0]))
    _ = try session.reply(to: question(about: smallest), options: options, isCancelled: { true })
  }

  /// The outcome for one image; nil when Ctrl-C came first.
  ///
  /// - Throws: what is not about this image, and would befall every other one too.
  func caption(_ image: URL) throws(InternVLError) -> CaptionOutcome? {
    guard !Interrupts.isRequested else { return nil }
    let start = ContinuousClock.now
    do {
      let reply = try session.reply(
        to: question(about: input.read(.file(image, page: 0))), options: options,
        isCancelled: { Interrupts.isRequested })
      guard reply.finishReason != .cancelled else { return nil }
      if isVerbose {
        StandardError.say(image.path)
        reply.timingLines.forEach(StandardError.say)
      }
      return .caption(
        Caption(
          text: reply.text, finishReason: reply.finishReason.rawValue,
          tokens: reply.tokenIDs.count, seconds: start.elapsed,
          fullContext: isContextFull(reply) ? loaded.model.contextLength : nil))
    } catch {
      guard Self.isAboutImage(error) else { throw error }
      return .failed(Advice.sentence(error))
    }
  }

  private func isContextFull(_ reply: Reply) -> Bool {
    reply.notes.contains { if case .contextFull = $0 { true } else { false } }
  }

  private func question(about image: Image) -> Conversation {
    Conversation(
      messages: (system.map { [Message(role: .system, content: $0)] } ?? [])
        + [Message(role: .user, content: prompt)],
      images: [image])
  }

  /// Whether an error is this image's alone, so that other images may still get captions.
  private static func isAboutImage(_ error: InternVLError) -> Bool {
    switch error {
    case .image(ImagingError.libraryUnusable): false
    case .image: true
    case .promptTooLong: true  // by the image's tiles: with the smallest image the prompt fits
    default: false
    }
  }
}
