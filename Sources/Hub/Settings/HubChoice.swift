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
  /// Fails with the failure of each hub that was asked when there is neither a copy nor an answer.
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
        return .download(
          try race(models.filter { $0 != begun }, selection: selection, after: [error]))
      }
    }
    guard models.count > 1, !settings.isOffline else {
      let model = models.first(where: local.isBegun) ?? models[0]
      return .download(try plan(model, selection: selection))
    }
    return .download(try race(models, selection: selection))
  }

  /// Asks all hubs at once and takes the first listing; `failures` are those of hubs that were asked before.
  private func race(
    _ models: [RemoteModel], selection: FileSelection, after failures: [HubError] = []
  ) throws(HubError) -> DownloadPlan {
    let board = RaceBoard(count: models.count)
    for (index, model) in models.enumerated() {
      DispatchQueue.global().async { [settings] in
        let runner = Downloader(
          settings: settings, cancellation: board.stop, listener: board.note)
        board.finish(
          index, Result { () throws(HubError) in try runner.plan(model, selection: selection) })
      }
    }
    defer { board.stop.cancel() }
    while true {
      try cancellation.check()
      let outcome = board.outcome()
      for event in board.takeEvents() { listener(event) }
      switch outcome {
      case .found(let plan): return plan
      case .failed(let errors): throw .noHub(failures + errors)
      case .open: continue
      }
    }
  }
}

/// Collects the answers of hubs that were asked at the same time.
private final class RaceBoard: Sendable {
  typealias Answer = Result<DownloadPlan, HubError>

  enum Outcome {
    case open
    case found(DownloadPlan)
    /// Of each hub.
    case failed([HubError])
  }

  /// Ends the runners that lost.
  let stop = Cancellation()
  private let answers: Mutex<[Answer?]>
  private let events = Mutex<[HubEvent]>([])
  private let arrival = DispatchSemaphore(value: 0)

  init(count: Int) { answers = Mutex(Array(repeating: nil, count: count)) }

  func finish(_ index: Int, _ answer: Answer) {
    answers.withLock { $0[index] = answer }
    arrival.signal()
  }

  /// Keeps what a runner tells, for the thread that listens.
  func note(_ event: HubEvent) { events.withLock { $0.append(event) } }

  /// What was told since the last call.
  func takeEvents() -> [HubEvent] {
    events.withLock { events in
      defer { events = [] }
      return events
    }
  }

  /// The first success, or all failures; open when a short wait brings neither.
  func outcome() -> Outcome {
    _ = arrival.wait(timeout: .now() + .milliseconds(50))
    return answers.withLock { answers in
      var failures: [HubError] = []
      for answer in answers {
        switch answer {
        case .success(let plan): return .found(plan)
        case .failure(let error): failures.append(error)
        case nil: break
        }
      }
      return failures.count == answers.count ? .failed(failures) : .open
    }
  }
}
