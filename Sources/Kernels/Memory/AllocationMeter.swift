import Synchronization

/// Counts the aligned memory that a task allocates, to hold plans against it.
package final class AllocationMeter: Sendable {
  @TaskLocal private static var current: AllocationMeter?
  private let total = Atomic(0)

  private init() {}

  /// The bytes that `work` allocates.
  package static func bytes(allocatedBy work: () throws -> Void) rethrows -> Int {
    let meter = AllocationMeter()
    try $current.withValue(meter, operation: work)
    return meter.total.load(ordering: .relaxed)
  }

  /// Takes note of an allocation.
  static func count(_ bytes: Int) { current?.total.add(bytes, ordering: .relaxed) }
}
