import InternVL
import Models
package import OpenAIMessages

/// The models of a server: loaded when they are asked for, and let go when another needs the memory.
package actor ModelPool {
  private enum State {
    case away
    case loading(Task<LoadedService, any Error>)
    case ready(LoadedService)
  }

  private struct Entry {
    let offer: ModelOffer
    let places = Places()
    var state = State.away
    /// How long it stays without a request; nil for as long as the others.
    var keepAlive: KeepAlive?
  }

  package nonisolated let offers: [ModelOffer]
  nonisolated let loading: LoadingReport
  private let metrics = PrometheusMetrics()
  private var entries: [Entry]
  /// Answers of a model that is not loaded yet, which says how many it can give.
  private let parallel: Int
  private let queue: Int
  private let keepAlive: KeepAlive
  /// The latest load; one follows the other, so that each sees what memory is free.
  private var latestLoad: Task<LoadedService, any Error>?
  /// The latest model that goes; its memory is free when this ends.
  private var latestStop: Task<Void, Never>?

  /// Nothing is loaded yet.
  ///
  /// - Parameters:
  ///   - offers: the models; the first is the one of requests that name none.
  ///   - parallel: answers at the same time that each is loaded for.
  ///   - queue: requests that may wait for each beside those.
  ///   - keepAlive: how long each stays without a request.
  /// - Precondition: there is a model.
  package init(_ offers: [ModelOffer], parallel: Int, queue: Int, keepAlive: KeepAlive = .forever) {
    precondition(!offers.isEmpty, "a server without models")
    self.offers = offers
    self.parallel = parallel
    self.queue = queue
    self.keepAlive = keepAlive
    loading = LoadingReport(metrics: metrics)
    entries = offers.map { Entry(offer: $0) }
  }

  /// The model that a name means, the first for nil.
  nonisolated func offer(named name: String?) throws(ServerError) -> ModelOffer {
    offers[try index(of: name)]
  }

  private nonisolated func index(of name: String?) throws(ServerError) -> Int {
    guard let name else { return 0 }
    guard let index = offers.firstIndex(where: { $0.isCalled(name) }) else {
      throw .unknownModel(name, known: offers.map(\.name))
    }
    return index
  }

  /// A model that answers, and places for some answers, loading it first where that is needed.
  ///
  /// - Throws: `ServerError`; more answers than there are places at all are the request's fault.
  func reserve(_ name: String?, answers: Int) async throws(ServerError) -> (LoadedService, Place) {
    let index = try index(of: name)
    let limit = limit(of: entries[index])
    guard answers <= limit else {
      throw .request(
        .wrongValue(
          parameter: "n", found: "\(answers)", expected: "at most \(limit), the number of places"))
    }
    guard let place = entries[index].places.take(answers, of: limit) else { throw .full }
    do {
      return (try await ready(index), place)
    } catch let error as ServerError {
      throw error
    } catch {
      throw .unloadable(model: offers[index].name, error)
    }
  }

  /// Loads the first model, as if it was asked for.
  package func loadFirst() async throws { _ = try await ready(0) }

  /// All metrics as Prometheus reads them.
  var metricsText: String {
    for entry in entries {
      if case .ready(let loaded) = entry.state { loaded.noteCacheUse() }
    }
    return metrics.text
  }

  /// Sets how long a model stays without a request.
  func keep(_ name: String, _ keepAlive: KeepAlive) {
    guard let index = entries.firstIndex(where: { $0.offer.isCalled(name) }) else { return }
    entries[index].keepAlive = keepAlive
  }

  /// Lets models go that nobody has used for as long as they are to stay.
  func dropExpired(at now: ContinuousClock.Instant = .now) async {
    for index in entries.indices where entries[index].places.isIdle {
      guard case .seconds(let seconds) = entries[index].keepAlive ?? keepAlive,
        (now - entries[index].places.lastUse) / .seconds(1) >= seconds
      else { continue }
      entries[index].keepAlive = nil
      await drop(index)
    }
  }

  private func limit(of entry: Entry) -> Int {
    if case .ready(let loaded) = entry.state {
      loaded.service.maximumSequences + queue
    } else {
      parallel + queue
    }
  }

  private func ready(_ index: Int) async throws -> LoadedService {
    switch entries[index].state {
    case .ready(let loaded): return loaded
    case .loading(let task): return try await task.value
    case .away:
      let previous = latestLoad
      let task = Task {
        _ = await previous?.result
        return try await self.load(index)
      }
      entries[index].state = .loading(task)
      latestLoad = task
      return try await task.value
    }
  }

  private func load(_ index: Int) async throws -> LoadedService {
    let offer = entries[index].offer
    do {
      while true {
        do {
          await latestStop?.value
          let loaded = try await loading.load(offer)
          entries[index].places.noteUse()
          entries[index].state = .ready(loaded)
          return loaded
        } catch ModelsError.tooLarge(let shortage) {
          guard await dropLeastRecentlyUsed() else { throw ModelsError.tooLarge(shortage) }
        }
      }
    } catch {
      entries[index].state = .away
      throw error
    }
  }

  /// Lets the model go that nobody has used for longest; false when all are in use.
  private func dropLeastRecentlyUsed() async -> Bool {
    let idle = entries.indices.filter {
      if case .ready = entries[$0].state { entries[$0].places.isIdle } else { false }
    }
    guard let index = idle.min(by: { entries[$0].places.lastUse < entries[$1].places.lastUse })
    else { return false }
    await drop(index)
    return true
  }

  private func drop(_ index: Int) async {
    guard case .ready(let loaded) = entries[index].state else { return }
    entries[index].state = .away
    let previous = latestStop
    let stop = Task {
      await previous?.value
      await loaded.service.stop()
      loaded.noteCacheUse()
    }
    latestStop = stop
    await stop.value
  }
}
