import ArgumentParser
import Engines
import Files
import Foundation
import Models
import OpenAIMessages
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

  @OptionGroup(title: "Engine") var engines: EngineChoice

  @Option(
    help: ArgumentHelp(
      "Requests to answer at the same time, by each server; fewer where memory is short.",
      valueName: "count"))
  var parallel = 8

  @OptionGroup(title: "Running") var runtime: RuntimeChoice
  @OptionGroup var download: DownloadChoice

  func validate() throws {
    try check("--parallel", parallel, in: 1...256)
    let native =
      [
        ("--adapter", choice.adapter != nil),
        ("--model-path", choice.modelPath != nil && !engines.endpoints.isEmpty),
      ].filter(\.1).map(\.0) + runtime.nativeOptions
    try engines.refuse(native: native)
  }

  func run() throws {
    engines.tellUnusedGPUs()
    let rows = try BatchFile.rows(Array(TextInput.file(requests).utf8))
    let summary = try engines.isOther ? forward(rows) : answer(rows)
    StandardError.say(
      "\(summary.answered) answered, \(summary.skipped) skipped, \(summary.failed) failed")
    if Interrupts.isRequested { throw CommandError.interrupted }
    if summary.failed > 0 { throw CommandError.failures(summary.failed) }
  }

  /// Has another engine answer: one that is started for this, or servers that run.
  private func forward(_ rows: [BatchRow]) throws -> BatchRun.Summary {
    // An output that cannot be used shows before an engine is started.
    let results = try BatchResultFile(output)
    func run(_ servers: [ServedModel]) throws -> BatchRun.Summary {
      try Interrupts.cancellable {
        try ForwardedBatch(
          servers, width: parallel,
          onLost: { StandardError.say("internvl: \($0) is asked no more: \($1)") }
        ).run(rows, into: results, isCancelled: { Interrupts.isRequested })
      }
    }
    guard let engine = engines.engine.engine else {
      return try run(engines.servers(choice.model, in: choice.registry.load()))
    }
    guard rows.contains(where: { !results.ids.contains($0.id) }) else {
      return BatchRun.Summary(skipped: rows.count)
    }
    let started = try engines.start(
      engine, serving: EngineModel(choice, argument: nil), contextLength: runtime.contextLength)
    defer { started.stop() }
    do {
      return try run([started.served])
    } catch let error as EndpointError {
      throw started.explained(error)
    }
  }

  /// Has the native engine answer.
  private func answer(_ rows: [BatchRow]) throws -> BatchRun.Summary {
    let registry = try choice.registry.load()
    let offer = try ModelOffer(
      choice.request(
        argument: nil, in: registry, runtime: runtime, maxTiles: nil,
        batch: BatchRequest(conversations: parallel, answerTokens: 1024)),
      catalog: ModelCatalog(registry), download: download,
      isCancelled: { Interrupts.isRequested })
    let run = BatchRun(
      ServerSettings(version: InternVLCommand.release), offer: offer, width: parallel)
    return try Interrupts.cancellable {
      try Waiting.result { [output] in
        try await run.run(
          rows, into: BatchResultFile(output), isCancelled: { Interrupts.isRequested })
      }
    }
  }
}
