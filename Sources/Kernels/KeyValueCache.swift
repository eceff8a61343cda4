internal import CKernels

/// The keys and values of one layer for one sequence.
///
/// Values are `[kvHeads][capacity][headWidth]`. Keys are kept transposed in blocks of 16 positions,
/// `[kvHeads][capacity / 16][headWidth][16]`, so that a vector holds one component of 16 keys and a
/// query meets them without a sum across a vector. Memory is not resident before it is written.
package final class KeyValueCache {
  /// The number of key and value heads.
  package let kvHeads: Int

  /// The width of a head.
  package let headWidth: Int

  /// How many positions there is room for.
  package let capacity: Int

  /// float32, or float16, which rounds to nearest and limits to ±65504.
  package let type: ElementType

  /// How many positions are stored.
  package private(set) var count = 0

  /// Bytes of the stored keys and values.
  package var storedBytes: Int { 2 * kvHeads * headWidth * count * type.byteCount }

  private let keyMemory: AlignedMemory
  private let valueMemory: AlignedMemory
  private let headBytes: Int

  /// An empty cache.
  ///
  /// - Precondition: the sizes are positive and `type` is float32 or float16.
  package init(kvHeads: Int, headWidth: Int, capacity: Int, type: ElementType) {
    precondition(
      kvHeads > 0 && headWidth > 0 && capacity > 0,
      "a cache cannot have \(kvHeads) heads of \(headWidth) with \(capacity) positions")
    precondition(type == .float32 || type == .float16, "a cache cannot hold \(type)")
    let block = Int(CK_KEY_BLOCK)
    let positions = (capacity + block - 1) / block * block
    let (elements, overflow) = positions.multipliedReportingOverflow(by: headWidth)
    precondition(
      !overflow && elements <= Int.max / 8 / kvHeads,
      "\(kvHeads) heads of \(headWidth) with \(capacity) positions are too many")
    self.kvHeads = kvHeads
    self.headWidth = headWidth
    self.capacity = capacity
    self.type = type
    headBytes = elements * type.byteCount
    keyMemory = AlignedMemory(bytes: kvHeads * headBytes)
    valueMemory = AlignedMemory(bytes: kvHeads * headBytes)
  }

  /// Forgets all but the first `count` positions.
  ///
  /// - Precondition: there are at least so many.
  package func truncate(to count: Int) {
    precondition((0...self.count).contains(count), "\(count) of \(self.count) positions")
    self.count = count
  }

  /// Makes room for new positions, and returns the first of them.
  func extend(by positions: Int) -> Int {
    precondition(
      positions >= 0 && positions <= capacity - count,
      "\(positions) positions after \(count) of \(capacity)")
    defer { count += positions }
    return count
  }

  /// The keys of one head.
  func keys(head: Int) -> UnsafeMutableRawPointer { keyMemory.base + head * headBytes }

  /// The values of one head.
  func values(head: Int) -> UnsafeMutableRawPointer { valueMemory.base + head * headBytes }
}
