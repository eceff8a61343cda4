import InternVL
import Synchronization

/// A model that answers, and who uses it.
final class LoadedService: Sendable {
  let name: String
  let service: GenerationService
  let metrics: ModelMetrics

  init(name: String, service: GenerationService, metrics: ModelMetrics) {
    self.name = name
    self.service = service
    self.metrics = metrics
  }

  /// Shows in the metrics how full the KV caches are now.
  func noteCacheUse() { metrics.note(cacheUse: service.cacheUse) }
}

/// The places that a model has for requests, answered or waiting.
final class Places: Sendable {
  private struct State {
    var taken = 0
    var lastUse = ContinuousClock.now
  }

  private let state = Mutex(State())

  /// Takes places where so many may be taken; nil when there are too few.
  func take(_ count: Int, of limit: Int) -> Place? {
    let isTaken = state.withLock { state in
      guard state.taken + count <= limit else { return false }
      state.taken += count
      return true
    }
    return isTaken ? Place(of: self, count: count) : nil
  }

  /// Counts as a use what took no place, such as a load that no request asked for.
  func noteUse() { state.withLock { $0.lastUse = .now } }

  fileprivate func giveBack(_ count: Int) {
    state.withLock { state in
      state.taken -= count
      state.lastUse = .now
    }
  }

  var isIdle: Bool { state.withLock { $0.taken == 0 } }
  var lastUse: ContinuousClock.Instant { state.withLock { $0.lastUse } }
}

/// Places that a request has taken, given back when its answers have ended, or when it is let go.
final class Place: Sendable {
  private let places: Places
  private let count: Int
  private let isGivenBack = Atomic(false)

  fileprivate init(of places: Places, count: Int) {
    self.places = places
    self.count = count
  }

  deinit { giveBack() }

  /// Makes room for others, once.
  func giveBack() {
    guard !isGivenBack.exchange(true, ordering: .acquiringAndReleasing) else { return }
    places.giveBack(count)
  }
}
