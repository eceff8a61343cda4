internal import CKernels

/// The keys and values of one layer for one sequence.
///
/// Values are `[kvHeads][room][headWidth]`. Keys are kept transposed in panels of 16 positions,
/// `[kvHeads][room / 16][headWidth][16]`, so that a vector holds one component of 16 keys and a
/// query is multiplied by them without a sum across a vector. In int16, two neighbours are side by
/// side: components of a key, positions of values.
///
/// There is memory for a quarter more than was needed so far. With memory for `capacity` from the
/// beginning, the first position of each head would make a whole huge page resident.
package final class KeyValueCache {
  /// How keys and values are stored.
  package enum Format: Sendable {
    case float32
    /// Codes with a scale for each key and each value; see `cache_format.h`.
    case int16

    /// Bytes of a head's key and value at one position, scales included.
    package func positionBytes(headWidth: Int) -> Int {
      2 * (rowBytes(headWidth: headWidth) + scaleBytes)
    }

    /// Bytes of a head's key, or value, at one position.
    fileprivate func rowBytes(headWidth: Int) -> Int { headWidth * (self == .float32 ? 4 : 2) }

    fileprivate var scaleBytes: Int { self == .float32 ? 0 : 4 }
  }

  /// The number of key and value heads.
  package let kvHeads: Int

  /// The width of a head.
  package let headWidth: Int

  /// How many positions there can be.
  ///
  /// - Precondition: a new value is at least `count`.
  package var capacity: Int {
    didSet { precondition(capacity >= count, "room for \(capacity) of \(count) positions") }
  }

  package let format: Format

  /// How many positions are stored.
  package private(set) var count = 0

  /// Bytes of the stored keys and values.
  package var storedBytes: Int { kvHeads * count * format.positionBytes(headWidth: headWidth) }

  /// How many positions there is memory for, whole panels of keys.
  package private(set) var room = 0
  /// All heads' keys, values, scales of keys, and scales of values.
  private var memory = AlignedMemory(bytes: 0)

  private static let leastGrowth = 256

  /// An empty cache.
  ///
  /// - Precondition: the sizes are positive and `headWidth` is even.
  package init(kvHeads: Int, headWidth: Int, capacity: Int, format: Format) {
    precondition(
      kvHeads > 0 && headWidth > 0 && headWidth % 2 == 0 && capacity > 0,
      "a cache cannot have \(kvHeads) heads of \(headWidth) with \(capacity) positions")
    let (elements, overflow) = capacity.multipliedReportingOverflow(by: headWidth)
    precondition(
      !overflow && elements <= Int.max / 64 / kvHeads,
      "\(kvHeads) heads of \(headWidth) with \(capacity) positions are too many")
    self.kvHeads = kvHeads
    self.headWidth = headWidth
    self.capacity = capacity
    self.format = format
  }

  /// Forgets all but the first `count` positions.
  ///
  /// - Precondition: `count` is at most the present one.
  package func truncate(to count: Int) {
    precondition((0...self.count).contains(count), "\(count) of \(self.count) positions")
    self.count = count
  }

  /// Reserves memory for so many positions in all, at most `capacity`.
  ///
  /// Optional: it saves moving the cache when more positions are known to come.
  package func reserve(_ positions: Int) {
    let positions = min(positions, capacity)
    if positions > room { grow(to: positions) }
  }

  /// Copies the first positions of another cache of the same shape and format into this empty one.
  ///
  /// - Precondition: `source` has at least `positions`, and this one room for them.
  package func copy(first positions: Int, of source: KeyValueCache) {
    precondition(
      count == 0 && (0...source.count).contains(positions) && positions <= capacity
        && kvHeads == source.kvHeads && headWidth == source.headWidth && format == source.format,
      "\(positions) of \(source.count) positions into \(count) of \(capacity)")
    reserve(positions)
    copy(positions, from: source.memory, room: source.room)
    count = positions
  }

  /// Appends positions to be written, and returns the first of them.
  @discardableResult
  func extend(by positions: Int) -> Int {
    precondition(
      positions >= 0 && positions <= capacity - count,
      "\(positions) positions after \(count) of \(capacity)")
    reserve(count + positions)
    defer { count += positions }
    return count
  }

  /// The keys of one head.
  func keys(head: Int) -> UnsafeMutableRawPointer { memory.base + head * room * rowBytes }

  /// The values of one head.
  func values(head: Int) -> UnsafeMutableRawPointer { keys(head: kvHeads + head) }

  /// The scale of each key of one head; nil where keys are float32.
  func keyScales(head: Int) -> UnsafeMutablePointer<Float>? {
    guard format == .int16 else { return nil }
    return (keys(head: 2 * kvHeads) + head * room * scaleBytes).assumingMemoryBound(to: Float.self)
  }

  /// The scale of each value of one head; nil where values are float32.
  func valueScales(head: Int) -> UnsafeMutablePointer<Float>? { keyScales(head: kvHeads + head) }

  /// Moves to memory for at least `positions`.
  private func grow(to positions: Int) {
    let (old, oldRoom) = (memory, room)
    room = wholePanels(min(capacity, positions + max(Self.leastGrowth, positions / 4)))
    memory = AlignedMemory(bytes: kvHeads * room * format.positionBytes(headWidth: headWidth))
    copy(count, from: old, room: oldRoom)
  }

  /// Copies the first `positions`, in whole panels, from memory that has `oldRoom` a head.
  private func copy(_ positions: Int, from old: AlignedMemory, room oldRoom: Int) {
    var (source, target) = (old.base, memory.base)
    let stored = wholePanels(positions)
    for bytes in [rowBytes, rowBytes, scaleBytes, scaleBytes] {
      for _ in 0..<kvHeads {
        target.copyMemory(from: source, byteCount: stored * bytes)
        source += oldRoom * bytes
        target += room * bytes
      }
    }
  }

  private func wholePanels(_ positions: Int) -> Int {
    let panel = Int(CK_KEY_PANEL)
    return (positions + panel - 1) / panel * panel
  }

  private var rowBytes: Int { format.rowBytes(headWidth: headWidth) }

  private var scaleBytes: Int { format.scaleBytes }
}

/// Rows of a batch that are one sequence's newest positions, in order.
package struct CachedRows {
  /// Rows of the batch.
  package let rows: Range<Int>

  /// The sequence's keys and values.
  package let cache: KeyValueCache

  package init(rows: Range<Int>, cache: KeyValueCache) {
    self.rows = rows
    self.cache = cache
  }
}
