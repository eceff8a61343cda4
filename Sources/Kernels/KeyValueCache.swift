internal import CKernels

/// The keys and values of one layer for one sequence.
///
/// Values are `[kvHeads][room][headWidth]`. Keys are kept transposed in blocks of 16 positions,
/// `[kvHeads][room / 16][headWidth][16]`, so that a vector holds one component of 16 keys and a
/// query meets them without a sum across a vector.
///
/// There is memory for the next power of two of positions. If it were for `capacity` from the
/// beginning, the first position of each head would make a huge page resident.
package final class KeyValueCache {
  /// The number of key and value heads.
  package let kvHeads: Int

  /// The width of a head.
  package let headWidth: Int

  /// How many positions there can be.
  package let capacity: Int

  /// float32, or float16, which rounds to nearest and limits to ±65504.
  package let type: ElementType

  /// How many positions are stored.
  package private(set) var count = 0

  /// Bytes of the stored keys and values.
  package var storedBytes: Int { 2 * kvHeads * headWidth * count * type.byteCount }

  /// How many positions there is memory for, whole blocks of keys.
  private var room = 0
  /// All heads' keys, then all heads' values.
  private var memory = AlignedMemory(bytes: 0)

  private static let leastRoom = 256

  /// An empty cache.
  ///
  /// - Precondition: the sizes are positive and `type` is float32 or float16.
  package init(kvHeads: Int, headWidth: Int, capacity: Int, type: ElementType) {
    precondition(
      kvHeads > 0 && headWidth > 0 && capacity > 0,
      "a cache cannot have \(kvHeads) heads of \(headWidth) with \(capacity) positions")
    precondition(type == .float32 || type == .float16, "a cache cannot hold \(type)")
    let (elements, overflow) = capacity.multipliedReportingOverflow(by: headWidth)
    precondition(
      !overflow && elements <= Int.max / 64 / kvHeads,
      "\(kvHeads) heads of \(headWidth) with \(capacity) positions are too many")
    self.kvHeads = kvHeads
    self.headWidth = headWidth
    self.capacity = capacity
    self.type = type
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
    if count + positions > room { grow(to: count + positions) }
    defer { count += positions }
    return count
  }

  /// The keys of one head.
  func keys(head: Int) -> UnsafeMutableRawPointer { memory.base + head * bytes(of: room) }

  /// The values of one head.
  func values(head: Int) -> UnsafeMutableRawPointer { keys(head: kvHeads + head) }

  /// Moves to memory for at least `positions`.
  private func grow(to positions: Int) {
    var wanted = Self.leastRoom
    while wanted < positions { wanted *= 2 }
    wanted = wholeBlocks(min(wanted, capacity))
    let larger = AlignedMemory(bytes: 2 * kvHeads * bytes(of: wanted))
    for head in 0..<2 * kvHeads {
      (larger.base + head * bytes(of: wanted))
        .copyMemory(from: keys(head: head), byteCount: bytes(of: wholeBlocks(count)))
    }
    memory = larger
    room = wanted
  }

  private func wholeBlocks(_ positions: Int) -> Int {
    let block = Int(CK_KEY_BLOCK)
    return (positions + block - 1) / block * block
  }

  /// Bytes of the keys, or the values, of one head.
  private func bytes(of positions: Int) -> Int { positions * headWidth * type.byteCount }
}
