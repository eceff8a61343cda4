/// Splits one piece of text into tokens by merging pairs, the lowest rank first and, among equal
/// ones, the leftmost first.
///
/// A heap of candidate pairs over a linked list of tokens: O(n log n) for n bytes. The arrays are kept
/// from piece to piece.
struct PairMerger {
  private let byteTokens: [Int32]
  private let merges: PairTable

  /// The token at each position of the list; positions are those of the bytes.
  private var tokens: [Int32] = []
  private var next: [Int] = []
  private var previous: [Int] = []
  /// The merge of the token here with the following one; its rank is `.max` if there is none.
  private var candidates: [PairTable.Merge] = []
  private static let none = PairTable.Merge(rank: .max, token: 0)
  private var heap = MinHeap()

  /// - Parameters:
  ///   - byteTokens: the token of each of the 256 bytes; none where only tokens are merged.
  ///   - merges: the merges of the vocabulary.
  init(byteTokens: [Int32], merges: PairTable) {
    self.byteTokens = byteTokens
    self.merges = merges
  }

  /// Appends the tokens of a piece to `output`.
  mutating func append(_ piece: Span<UInt8>, to output: inout [Int32]) {
    guard piece.count > 1 else {
      if !piece.isEmpty { output.append(byteTokens[Int(piece[0])]) }
      return
    }
    tokens.removeAll(keepingCapacity: true)
    for index in piece.indices { tokens.append(byteTokens[Int(piece[index])]) }
    merge(to: &output)
  }

  /// Appends what tokens become that are merged by the same rules.
  mutating func append(_ symbols: [Int32], to output: inout [Int32]) {
    tokens.removeAll(keepingCapacity: true)
    tokens.append(contentsOf: symbols)
    merge(to: &output)
  }

  /// Merges `tokens` and appends what is left of them.
  private mutating func merge(to output: inout [Int32]) {
    start()
    while let key = heap.pop() {
      let position = Int(UInt32(truncatingIfNeeded: key))
      // Entries of pairs that have changed since they were pushed stay in the heap until here.
      let merge = candidates[position]
      if UInt64(merge.rank) == key >> 32 { apply(merge, at: position) }
    }
    var position = 0
    while position < tokens.count {
      output.append(tokens[position])
      position = next[position]
    }
  }

  private mutating func start() {
    next.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
    candidates.removeAll(keepingCapacity: true)
    for position in tokens.indices {
      next.append(position + 1)
      previous.append(position - 1)
      candidates.append(Self.none)
    }
    for position in tokens.indices { updateCandidate(at: position) }
  }

  private mutating func apply(_ merge: PairTable.Merge, at position: Int) {
    let removed = next[position]
    tokens[position] = merge.token
    candidates[removed] = Self.none
    next[position] = next[removed]
    if next[removed] < tokens.count { previous[next[removed]] = position }
    updateCandidate(at: position)
    if previous[position] >= 0 { updateCandidate(at: previous[position]) }
  }

  private mutating func updateCandidate(at position: Int) {
    let following = next[position]
    let merge = following < tokens.count ? merges[tokens[position], tokens[following]] : nil
    candidates[position] = merge ?? Self.none
    if let merge { heap.push(UInt64(merge.rank) << 32 | UInt64(UInt32(position))) }
  }
}

/// A heap that gives its smallest number first.
///
/// Each item has four children, which lie in one or two cache lines: half the levels of a binary heap.
private struct MinHeap {
  private var items: [UInt64] = []

  mutating func push(_ item: UInt64) {
    var index = items.count
    items.append(item)
    while index > 0, case let parent = (index - 1) / 4, items[parent] > item {
      items[index] = items[parent]
      index = parent
    }
    items[index] = item
  }

  mutating func pop() -> UInt64? {
    guard let smallest = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return smallest }
    var index = 0
    while case let first = 4 * index + 1, first < items.count {
      var child = first
      for other in first..<min(first + 4, items.count) where items[other] < items[child] {
        child = other
      }
      guard items[child] < last else { break }
      items[index] = items[child]
      index = child
    }
    items[index] = last
    return smallest
  }
}
