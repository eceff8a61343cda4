/// Tokens by the bytes that they begin with, laid out so that a walk reads memory in order.
struct TokenTrie: Sendable {
  /// The last byte of each node's beginning, depth first.
  private(set) var bytes: [UInt8] = []
  /// How many bytes each node's beginning has, less one.
  private(set) var depths: [UInt16] = []
  /// The node after all those that begin like a node.
  private(set) var skips: [Int32] = []
  /// `[nodes + 1]`: a node's own tokens are those from its entry to the next one.
  private(set) var firstTokens: [Int32] = []
  private(set) var tokens: [Int32] = []
  /// The most bytes of a token.
  private(set) var depth = 0

  /// Tokens longer than this are never generated.
  static let maximumBytes = 1 << 10

  /// Takes tokens sorted by their bytes.
  init(_ sorted: [(bytes: [UInt8], token: Int32)]) {
    var path: [Int] = []
    var previous: [UInt8] = []
    for entry in sorted where !entry.bytes.isEmpty && entry.bytes.count <= Self.maximumBytes {
      var shared = 0
      while shared < min(previous.count, entry.bytes.count), previous[shared] == entry.bytes[shared]
      {
        shared += 1
      }
      for node in path[shared...] { skips[node] = Int32(bytes.count) }
      path.removeLast(path.count - shared)
      for place in shared..<entry.bytes.count {
        path.append(bytes.count)
        bytes.append(entry.bytes[place])
        depths.append(UInt16(place))
        skips.append(0)
        firstTokens.append(Int32(tokens.count))
      }
      tokens.append(entry.token)
      previous = entry.bytes
      depth = max(depth, entry.bytes.count)
    }
    for node in path { skips[node] = Int32(bytes.count) }
    firstTokens.append(Int32(tokens.count))
  }

  /// The tokens that begin with a text.
  func tokens(beginningWith text: [UInt8]) -> ArraySlice<Int32> {
    var node = 0
    var end = bytes.count
    for (place, byte) in text.enumerated() {
      while node < end, bytes[node] != byte { node = Int(skips[node]) }
      guard node < end else { return [] }
      end = Int(skips[node])
      if place < text.count - 1 { node += 1 }
    }
    guard node < end else { return [] }
    return tokens[Int(firstTokens[node])..<Int(firstTokens[end])]
  }

  /// The longest token that `text` begins with.
  func longest(in text: ArraySlice<UInt8>) -> (token: Int32, bytes: Int)? {
    var found: (token: Int32, bytes: Int)?
    var node = 0
    var end = bytes.count
    for (place, byte) in text.enumerated() {
      while node < end, bytes[node] != byte { node = Int(skips[node]) }
      guard node < end else { break }
      if firstTokens[node] < firstTokens[node + 1] {
        found = (tokens[Int(firstTokens[node])], place + 1)
      }
      end = Int(skips[node])
      node += 1
    }
    return found
  }
}
