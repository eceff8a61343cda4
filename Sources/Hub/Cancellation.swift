import Synchronization

/// A request to stop, made on any thread or in a signal handler's wake; downloads look at it many
/// times a second.
package final class Cancellation: Sendable {
  private let requested = Atomic(false)

  package init() {}

  package func cancel() { requested.store(true, ordering: .relaxed) }

  package var isRequested: Bool { requested.load(ordering: .relaxed) }

  func check() throws(HubError) {
    if isRequested { throw .cancelled }
  }
}
