import Dispatch
import Synchronization

/// Where a model comes from in the end.
package enum HubChoice: Sendable {
  /// All of it is on this machine already.
  case cached(CachedModel)
  case download(DownloadPlan)
}

extension Downloader {
  /// Chooses between the same model's repositories at several hubs: a complete copy on this
  /// machine, else the hub that a download was begun from, else the one that answers first.
  ///
  /// Fails with the first repository's failure when there is neither a copy nor an answer.
  package func choose(
    among models: [RemoteModel], selection: FileSelection = .runtime
  ) throws(HubError) -> HubChoice {
    precondition(!models.isEmpty, "no model to choose from")
    let local = LocalModels(settings: settings)
    for model in models {
      if case .complete(let cached) = local.state(of: model, selection: selection) {
        return .cached(cached)
      }
    }
    if let begun = models.first(where: local.isBegun), !settings.isOffline, models.count > 1 {
      do throws(HubError) {
        return .download(try plan(begun, selection: selection))
      } catch {
        guard error != .cancelled else { throw error }
        return .download(try race(models.filter { $0 != begun }, selection: selection))
      }
    }
    guard models.count > 1, !settings.isOffline else {
      let model = models.first(where: local.isBegun) ?? models[0]
      return .download(try plan(model, selection: selection))
    }
    return .download(try race(models, selection: selection))
  }

  /// Asks all hubs at once and takes the first listing.
  private func race(
    _ models: [RemoteModel], selection: FileSelection
  ) throws(HubError) -> DownloadPlan {
    let board = RaceBoard(count: models.count)
    for (index, model) in models.enumerated() {
      DispatchQueue.global().async { [settings] in
        let runner = Downloader(settings: settings, cancellation: board.stop)
        board.finish(
          index, Result { () throws(HubError) in try runner.plan(model, selection: selection) })
      }
    }
    defer { board.stop.cancel() }
    while true {
      try cancellation.check()
      if let outcome = board.outcome() { return try outcome.get() }
    }
  }
}

/// Collects the answers of hubs that were asked at the same time.
private final class RaceBoard: Sendable {
  typealias Answer = Result<DownloadPlan, HubError>

  /// Ends the runners that lost.
  let stop = Cancellation()
  private let answers: Mutex<[Answer?]>
  private let arrival = DispatchSemaphore(value: 0)

  init(count: Int) { answers = Mutex(Array(repeating: nil, count: count)) }

  func finish(_ index: Int, _ answer: Answer) {
    answers.withLock { $0[index] = answer }
    arrival.signal()
  }

  /// The first success, or the first hub's failure once all have failed; nil when a short wait
  /// brings neither.
  func outcome() -> Answer? {
    _ = arrival.wait(timeout: .now() + .milliseconds(50))
    return answers.withLock { answers in
      let known = answers.compactMap { $0 }
      if let success = known.first(where: { if case .success = $0 { true } else { false } }) {
        return success
      }
      return known.count == answers.count ? answers[0] : nil
    }
  }
}
