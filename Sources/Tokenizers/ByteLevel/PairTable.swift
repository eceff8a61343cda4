/// The merge of two neighbouring tokens, by their ids.
///
/// Twice as fast as a dictionary, which matters for loading and for long words alike: open
/// addressing with linear probing, at most three quarters full, each pair beside its merge.
struct PairTable: Sendable {
  /// The merge of a pair.
  struct Merge {
    /// The line of the merge; a lower rank goes first.
    let rank: UInt32
    /// The token that the pair becomes.
    let token: Int32
  }

  private struct Slot {
    /// Both ids, or `empty`.
    var pair: UInt64
    var merge: Merge
  }

  /// No pair: ids are not negative.
  private static let empty = Slot(pair: .max, merge: Merge(rank: 0, token: 0))

  private var slots: [Slot]
  private var count = 0
  /// Drawn anew for each table, so that a crafted file cannot aim at one slot.
  private let seed = UInt64.random(in: 0 ... .max)

  /// - Parameter pairs: about how many there will be.
  init(minimumCapacity pairs: Int) {
    var capacity = 16
    while capacity * 3 < pairs * 4 { capacity *= 2 }
    slots = [Slot](repeating: Self.empty, count: capacity)
  }

  /// The merge of two neighbouring tokens, if there is one.
  subscript(left: Int32, right: Int32) -> Merge? {
    let pair = Self.pair(left, right)
    let slot = slots[place(of: pair)]
    return slot.pair == pair ? slot.merge : nil
  }

  /// Enters a pair, unless it is there; says whether it was new.
  mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) -> Bool {
    if (count + 1) * 4 > slots.count * 3 { grow() }
    let pair = Self.pair(left, right)
    let place = place(of: pair)
    guard slots[place].pair != pair else { return false }
    slots[place] = Slot(pair: pair, merge: merge)
    count += 1
    return true
  }

  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The slot that holds a pair, or the empty one where it belongs.
  private func place(of pair: UInt64) -> Int {
    let product = (pair ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    var place = Int(truncatingIfNeeded: product.high ^ product.low) & (slots.count - 1)
    while slots[place].pair != pair, slots[place].pair != Self.empty.pair {
      place = (place + 1) & (slots.count - 1)
    }
    return place
  }

  private mutating func grow() {
    let old = slots
    slots = [Slot](repeating: Self.empty, count: old.count * 2)
    for slot in old where slot.pair != Self.empty.pair { slots[place(of: slot.pair)] = slot }
  }
}
