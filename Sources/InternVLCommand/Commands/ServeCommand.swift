import ArgumentParser
import Foundation
import Logging
import Models
import OpenAIMessages
import Server

/// `internvl serve`: models for other programs, over HTTP.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves models over HTTP, with OpenAI's interface.",
    discussion: """
      Prints the address when it listens, and then a line a request on standard error. The first \
      model is loaded at once, the others when they are asked for. Ctrl-C or SIGTERM lets running \
      answers finish; a second one ends them.

      Example: internvl serve 2b-awq --port 9997
      """)

  @Argument(
    help: "The models: InternVL3-8B-AWQ, OpenGVLab/InternVL3-8B-AWQ or 8b-awq.",
    completion: .modelNames)
  var models: [String] = []

  @OptionGroup(title: "Model") var choice: CheckpointChoice
  @OptionGroup(title: "Listening") var listening: ListeningChoice
  @OptionGroup(title: "Requests") var requests: RequestChoice
  @OptionGroup(title: "Running") var runtime: RuntimeChoice
  @OptionGroup var download: DownloadChoice

  func validate() throws {
    if models.count > 1, choice.modelPath != nil {
      throw ValidationError("--model-path is one model; name no others.")
    }
  }

  func run() throws {
    let stop = StopFlag()
    let settings = try serverSettings()
    let pool = ModelPool(
      try offers(stop), parallel: requests.parallel, queue: requests.queue,
      keepAlive: KeepAlive(requests.keepAlive) ?? .forever)
    let server = try Server(
      settings, pool: pool, grace: .seconds(requests.grace),
      logger: Logger(label: "internvl") { _ in StandardErrorLog() },
      onRunning: { [opens = listening.open] port in
        try? StandardOutput.write(
          "serving \(pool.names) at \(settings.shown(port: port))\n")
        if opens { Self.open(settings.page(port: port)) }
      })
    try ServerRun(server: server, grace: requests.grace, stop: stop).wait()
  }

  private static func open(_ page: String) {
    Browser.open(page, with: Environment.browser) { isOpened in
      if isOpened { return }
      StandardError.say("internvl: no browser could be started; open \(page) yourself")
    }
  }

  private func serverSettings() throws -> ServerSettings {
    let keys = try listening.keys()
    if !listening.address.isLocal, keys.isEmpty, !listening.insecure {
      throw CommandError.openWithoutKey(host: listening.host)
    }
    return ServerSettings(
      address: listening.address, tls: listening.tls, apiKeys: keys, limits: requests.limits,
      corsOrigins: listening.cors, imageHosts: requests.allowImageUrls,
      logsRequests: requests.logRequests, version: InternVLCommand.release)
  }

  /// The models by name, found but not loaded yet.
  private func offers(_ stop: StopFlag) throws -> [ModelOffer] {
    let registry = try choice.registry.load()
    let catalog = ModelCatalog(registry)
    let names: [String?] = models.isEmpty ? [nil] : models
    let offers = try names.map { name in
      let request = try choice.request(
        argument: name, in: registry, runtime: runtime, maxTiles: nil,
        batch: BatchRequest(conversations: requests.parallel, answerTokens: 1024))
      return try ModelOffer(
        request, catalog: catalog, download: download, isCancelled: { stop.isSet })
    }
    if let double = Dictionary(grouping: offers, by: \.name).first(where: { $0.value.count > 1 }) {
      throw CommandError.modelTwice(double.key)
    }
    return offers
  }
}

extension ModelPool {
  /// "InternVL3-8B-AWQ and InternVL3-1B".
  fileprivate nonisolated var names: String { offers.map(\.name).joined(separator: " and ") }
}
