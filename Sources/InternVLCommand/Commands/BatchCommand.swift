import ArgumentParser
import Files
import Foundation
import Models
import Server

/// `internvl batch`: a file of requests to a file of results.
struct BatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch",
    abstract: "Answers the requests of a file, in OpenAI's batch form.",
    discussion: """
      Each line of the file is an object with custom_id, url and body. Run it again to go on where \
      it ended: requests that have a result are skipped.

      Example: internvl batch requests.jsonl --output results.jsonl --model-name 2b-awq
      """)

  @Argument(help: "The requests, one JSON object a line.", completion: .file())
  var requests: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Adds the results to this file.", valueName: "file.jsonl"),
    completion: .file())
  var output: String

  @OptionGroup(title: "Model") var choice: CheckpointChoice

  @Option(
    help: ArgumentHelp(
      "Requests to answer at the same time; fewer where memory is short.", valueName: "count"))
  var parallel = 8

  @OptionGroup(title: "Running") var runtime: RuntimeChoice
  @OptionGroup var download: DownloadChoice

  func validate() throws { try check("--parallel", parallel, in: 1...256) }

  func run() throws {
    let rows = try BatchFile.rows(Array(TextInput.file(requests).utf8))
    let registry = try choice.registry.load()
    let offer = try ModelOffer(
      choice.request(
        argument: nil, in: registry, runtime: runtime, maxTiles: nil,
        batch: BatchRequest(conversations: parallel, answerTokens: 1024)),
      catalog: ModelCatalog(registry), download: download,
      isCancelled: { Interrupts.isRequested })
    let run = BatchRun(
      ServerSettings(version: InternVLCommand.release), offer: offer, width: parallel)
    let summary = try Interrupts.cancellable {
      try Waiting.result { [output] in
        try await run.run(
          rows, into: BatchResultFile(output), isCancelled: { Interrupts.isRequested })
      }
    }
    StandardError.say(
      "\(summary.answered) answered, \(summary.skipped) skipped, \(summary.failed) failed")
    if Interrupts.isRequested { throw CommandError.interrupted }
    if summary.failed > 0 { throw CommandError.failures(summary.failed) }
  }
}
