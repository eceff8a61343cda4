import Dispatch
import InternVL
import Models
import Synchronization

/// Loads models on threads of their own, and knows how far each is.
final class LoadingReport: Sendable {
  /// How far a model is.
  struct Progress: Sendable, Equatable {
    let model: String
    /// The share of its packing that is done; nil before that.
    var packed: Double?
  }

  private let metrics: PrometheusMetrics
  private let current = Mutex<Progress?>(nil)
  private let isFirstDone = Atomic(false)

  /// The model that is being loaded; nil where none is.
  var progress: Progress? { current.withLock { $0 } }

  /// Whether a model has been loaded, now or before.
  var hasLoaded: Bool { isFirstDone.load(ordering: .relaxed) }

  init(metrics: PrometheusMetrics) { self.metrics = metrics }

  /// Loads a model and puts it to work.
  func load(_ offer: ModelOffer) async throws -> LoadedService {
    current.withLock { $0 = Progress(model: offer.name) }
    defer { current.withLock { $0 = nil } }
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue(label: "internvl.loading").async {
        continuation.resume(with: Result { try self.loadNow(offer) })
      }
    }
  }

  private func loadNow(_ offer: ModelOffer) throws -> LoadedService {
    let loaded = try offer.load { event in
      guard case .packing(let done, let total) = event else { return }
      self.current.withLock { $0?.packed = Double(done) / Double(max(1, total)) }
    }
    let name = loaded.name
    isFirstDone.store(true, ordering: .relaxed)
    return LoadedService(
      name: name, service: GenerationService(Scheduler(loaded.model)),
      metrics: ModelMetrics(model: name, factory: metrics))
  }
}
