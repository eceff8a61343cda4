import Synchronization

/// Bytes that all requests together may hold.
final class ByteBudget: Sendable {
  private let left: Atomic<Int>

  init(_ bytes: Int) { left = Atomic(bytes) }

  /// A share that grows with a request and is given back with it.
  final class Share: Sendable {
    private let budget: ByteBudget
    private let held = Atomic(0)

    init(of budget: ByteBudget) { self.budget = budget }

    /// Takes more; false when there is none.
    func take(_ bytes: Int) -> Bool {
      guard budget.left.subtract(bytes, ordering: .relaxed).newValue >= 0 else {
        budget.left.add(bytes, ordering: .relaxed)
        return false
      }
      held.add(bytes, ordering: .relaxed)
      return true
    }

    deinit { budget.left.add(held.load(ordering: .relaxed), ordering: .relaxed) }
  }
}
