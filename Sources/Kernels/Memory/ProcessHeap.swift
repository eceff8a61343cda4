internal import CKernels

/// The heap of the whole process.
package enum ProcessHeap {
  /// Keeps large allocations out of it, so that it does not grow with every picture; to be called once, at
  /// the start.
  package static func keepLargeAllocationsApart() { ck_keep_large_allocations_apart() }
}
