import ArgumentParser
import Captioning
import Foundation
import Imaging
import InternVL
import Models
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

  @Option(
    help: ArgumentHelp(
      "Pictures to ask about at the same time; fewer where memory is short.",
      valueName: "count"))
  var parallel = 8

  @OptionGroup var reading: PictureReading

  @OptionGroup(title: "Answer") var generation: GenerationChoice
  @OptionGroup(title: "Running") var runtime: RuntimeChoice

  @Flag(help: "Says on standard error where the time went, for each image.")
  var verbose = false

  /// The file for the rows; nil for standard output.
  private var outputFile: String? { output == "-" ? nil : output }

  func validate() throws {
    if prompt.isEmpty { throw ValidationError("the prompt is empty.") }
    try check("--parallel", parallel, in: 1...64)
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
    let preparation = try choice.preparation(
      argument: nil, runtime: runtime, maxTiles: generation.maxTiles,
      batch: BatchRequest(conversations: parallel, answerTokens: generation.maxTokens))
    let (checkpoint, loaded) = try Interrupts.cancellable {
      let checkpoint = try preparation.fetch(preparation.find())
      return (checkpoint, try preparation.load(checkpoint))
    }
    let input = reading.input
    let captioner = Captioner(
      loaded.model,
      question: .init(prompt: prompt, system: system, options: generation.options),
      describe: Advice.sentence,
      onReply: { [verbose] picture, reply in
        guard verbose else { return }
        StandardError.say(picture.path)
        reply.timingLines.forEach(StandardError.say)
      },
      read: { (picture) throws(InternVLError) in try input.read(.file(picture, page: 0)) })
    try captioner.checkQuestion()
    let run = CaptionRun(
      images: found.images, prompt: prompt, system: system,
      // Folders of checkpoints often have the same name.
      model: choice.modelPath == nil
        ? checkpoint.name : checkpoint.folder.resolvingSymlinksInPath().path,
      maxTokens: generation.maxTokens, contextLength: runtime.contextLength,
      writesSidecars: sidecar, file: file)
    try report(
      Interrupts.cancellable {
        try run.run(by: captioner, isCancelled: { Interrupts.isRequested }) {
          try heard($0, total: found.images.count)
        }
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
