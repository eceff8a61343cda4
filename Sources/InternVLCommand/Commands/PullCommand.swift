import ArgumentParser
import Files
import Foundation
import Hub
import Models
import Registry

/// `internvl pull`: downloads a model without running it.
struct PullCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Downloads a model, verified, into the hubs' own caches.",
    discussion: """
      Files that are there already are kept, also those that Python's clients downloaded; a \
      download that was cut goes on where it stopped.
      """)

  @Argument(
    help: "The model: InternVL3-8B-AWQ, OpenGVLab/InternVL3-8B-AWQ or 8b-awq.",
    completion: .modelNames)
  var model: String?

  @OptionGroup(title: "Model") var choice: ModelChoice
  @OptionGroup var registry: RegistryOptions
  @OptionGroup(title: "Hub") var hub: HubOptions

  @Flag(help: "Downloads every file of the repository, not only those that running it takes.")
  var allFiles = false

  @Flag(help: "Says what would be downloaded, and downloads nothing.")
  var dryRun = false

  @Flag(help: "Prints one JSON object.")
  var json = false

  /// What `--json` prints.
  private struct Report: Encodable {
    struct File: Encodable {
      let path: String
      let bytes: Int64
      let state: String
    }

    let model: String
    let hub: String
    let repository: String
    let folder: String
    let neededBytes: Int64
    let freeBytes: Int64?
    let files: [File]

    enum CodingKeys: String, CodingKey {
      case model, hub, repository, folder, files
      case neededBytes = "needed_bytes"
      case freeBytes = "free_bytes"
    }
  }

  func run() throws {
    let registry = try registry.load()
    let request = try choice.request(argument: model, in: registry)
    let catalog = ModelCatalog(registry)
    let spec = try catalog.resolve(request, hub: hub.selection, contextLength: 8192).spec
    let download = try ModelDownload(
      spec, from: hub.selection, catalog: catalog, selection: allFiles ? .all : .runtime,
      isCancelled: { Interrupts.isRequested },
      onEvent: ModelProgress(showsTransfer: catalog.showsProgress).show)
    let chosen = try Interrupts.cancellable {
      let chosen = try download.choose()
      if !dryRun { try download.carryOut(chosen) }
      return chosen
    }
    try report(spec, chosen)
  }

  private func report(_ spec: ModelSpec, _ chosen: HubChoice) throws {
    let report: Report
    switch chosen {
    case .cached(let cached):
      report = Report(
        model: spec.name, hub: cached.model.hub.rawValue,
        repository: "\(cached.model.repository)", folder: cached.folder, neededBytes: 0,
        freeBytes: nil, files: [])
    case .download(let plan):
      report = Report(
        model: spec.name, hub: plan.model.hub.rawValue, repository: "\(plan.model.repository)",
        folder: plan.folder, neededBytes: plan.neededBytes, freeBytes: plan.freeBytes,
        files: plan.files.map {
          .init(path: $0.file.path.text, bytes: $0.file.size, state: Self.name($0.state))
        })
    }
    if json { return try StandardOutput.write(json: report) }
    guard dryRun else { return try StandardOutput.write(report.folder + "\n") }
    var table = Table([("STATE", .left), ("SIZE", .right), ("FILE", .left)])
    for file in report.files { table.append([file.state, "\(ByteCount(file.bytes))", file.path]) }
    let free = report.freeBytes.map { ", \(ByteCount($0)) are free" } ?? ""
    try StandardOutput.write(
      (report.files.isEmpty ? "" : table.text + "\n")
        + "\(ByteCount(report.neededBytes)) to download from \(report.hub)\(free)\n")
  }

  private static func name(_ state: DownloadPlan.FileState) -> String {
    switch state {
    case .present: "present"
    case .partial: "partial"
    case .missing: "missing"
    }
  }
}
