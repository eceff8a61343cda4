/// A set of pairs of small positive integers that lists its elements in the order in which
/// CPython (3.8 and newer) iterates over `{(a, b), …}` after the same insertions.
///
/// This order alone decides which of two equally good tile grids of the same area InternVL takes.
/// Sources: `tuplehash` in Objects/tupleobject.c, `set_add_entry`, `set_table_resize` and
/// `set_insert_clean` in Objects/setobject.c.
struct PythonPairSet {
  private typealias Entry = (hash: UInt64, pair: (Int, Int))

  private var table = [Entry?](repeating: nil, count: 8)
  private var count = 0

  /// The elements in the order of iteration.
  var elements: [(Int, Int)] { table.compactMap { $0?.pair } }

  /// Adds a pair of positive integers; one that is there already stays where it is.
  mutating func insert(_ first: Int, _ second: Int) {
    let entry = (hash: Self.hash(first, second), pair: (first, second))
    let slot = Self.slot(for: entry, in: table)
    guard table[slot] == nil else { return }
    table[slot] = entry
    count += 1
    if count * 5 >= (table.count - 1) * 3 { grow() }
  }

  /// Moves all entries, in the order of the old table, to one with more than 4 slots for each.
  private mutating func grow() {
    var size = 8
    while size <= count * 4 { size *= 2 }
    var larger = [Entry?](repeating: nil, count: size)
    for case let entry? in table { larger[Self.slot(for: entry, in: larger)] = entry }
    table = larger
  }

  /// The slot that holds the entry or, when none does, the first free one on its way.
  ///
  /// Looks at up to ten neighbouring slots, then jumps by higher bits of the hash.
  private static func slot(for entry: Entry, in table: [Entry?]) -> Int {
    let mask = UInt64(table.count - 1)
    var perturbation = entry.hash
    var start = entry.hash & mask
    while true {
      let neighbours: UInt64 = start + 9 <= mask ? 9 : 0
      for slot in Int(start)...Int(start + neighbours) {
        guard let found = table[slot], found.pair != entry.pair else { return slot }
      }
      perturbation >>= 5
      start = (start &* 5 &+ 1 &+ perturbation) & mask
    }
  }

  /// The hash of a tuple of two integers (xxHash, 64 bits); a small integer is its own hash.
  private static func hash(_ first: Int, _ second: Int) -> UInt64 {
    let primes: (UInt64, UInt64, UInt64) = (
      11_400_714_785_074_694_791, 14_029_467_366_897_019_727, 2_870_177_450_012_600_261
    )
    var sum = primes.2
    for lane in [first, second] {
      sum &+= UInt64(lane) &* primes.1
      sum = (sum << 31 | sum >> 33) &* primes.0
    }
    sum &+= 2 ^ (primes.2 ^ 3_527_539)
    return sum == .max ? 1_546_275_796 : sum
  }
}
