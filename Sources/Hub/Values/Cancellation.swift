import Synchronization

/// A request to stop, made on any thread; downloads look at it many times a second.
package final class Cancellation: Sendable {
  private let requested = Atomic(false)
  private let asking: @Sendable () -> Bool

  /// A request that is made by `cancel`, or as soon as `asking` says so.
  package init(asking: @escaping @Sendable () -> Bool = { false }) { self.asking = asking }

  package func cancel() { requested.store(true, ordering: .relaxed) }

  package var isRequested: Bool { requested.load(ordering: .relaxed) || asking() }

  func check() throws(HubError) {
    if isRequested { throw .cancelled }
  }
}
