/// The tokens of a byte-level vocabulary, by id and by their bytes.
///
/// All bytes lie in one array, and the hash table holds ids only, so that a hundred thousand tokens
/// cost a handful of allocations.
struct Vocabulary: Sendable {
  /// Tokens longer than this are refused; the longest of Qwen2 has 128 bytes.
  private static let longestToken = 1 << 16

  /// The bytes of all tokens, in file order.
  private var bytes: [UInt8] = []
  /// Where in `bytes` the token with this id is; empty for ids that no token has.
  private var places: [Range<Int32>] = []
  /// Open addressing with linear probing, a power of two and at most half full: the upper half of a
  /// token's hash above its id plus 1, or 0.
  private var slots: [UInt64]

  /// Reads `vocab.json`, whose keys are written in the byte alphabet.
  init(json: Span<UInt8>) throws(TokenizerDefect) {
    // An entry takes six bytes of JSON at least, and fifteen on average.
    bytes.reserveCapacity(json.count / 2)
    slots = [UInt64](repeating: 0, count: 1 << 12)
    var count = 0
    try forEachTokenID(in: json) { (key, id) throws(TokenizerDefect) in
      try append(key, id: id)
      count += 1
      if count * 2 > slots.count { grow() }
    }
  }

  /// One more than the largest id.
  var count: Int { places.count }

  /// The bytes of a token; none for an id that no token has.
  subscript(id: Int32) -> ArraySlice<UInt8> {
    guard places.indices.contains(Int(id)) else { return [] }
    let place = places[Int(id)]
    return bytes[Int(place.lowerBound)..<Int(place.upperBound)]
  }

  /// The id of the token with these bytes.
  func id(of token: Span<UInt8>) -> Int32? {
    let entry = slots[slot(of: token, hash: Self.hash(token))]
    return entry == 0 ? nil : Int32(truncatingIfNeeded: entry) - 1
  }

  /// The id of the token that `vocab.json` writes like this.
  func id(ofEntry text: String) -> Int32? {
    var token: [UInt8] = []
    guard ByteAlphabet.append(Array(text.utf8).span, to: &token) else { return nil }
    return id(of: token.span)
  }

  private mutating func append(_ key: Span<UInt8>, id: Int) throws(TokenizerDefect) {
    let start = bytes.count
    guard ByteAlphabet.append(key, to: &bytes) else {
      throw .foreignCharacter(token: String(key))
    }
    let length = bytes.count - start
    guard 1...Self.longestToken ~= length else {
      throw .tokenLength(id: id, bytes: length, limit: Self.longestToken)
    }
    if id >= places.count {
      places.append(contentsOf: repeatElement(0..<0, count: id + 1 - places.count))
    }
    guard places[id].isEmpty else { throw .duplicateID(id) }
    places[id] = Int32(start)..<Int32(bytes.count)
    let hash = Self.hash(bytes.span.extracting(start...))
    let slot = slot(of: bytes.span.extracting(start...), hash: hash)
    guard slots[slot] == 0 else { throw .duplicateToken(String(key)) }
    slots[slot] = UInt64(hash) << 32 | UInt64(id + 1)
  }

  /// Seeded per process, so that a crafted file cannot aim at one slot.
  private static func hash(_ token: Span<UInt8>) -> UInt32 {
    var hasher = Hasher()
    token.withUnsafeBytes { hasher.combine(bytes: $0) }
    return UInt32(truncatingIfNeeded: hasher.finalize())
  }

  /// The slot that holds a token, or the empty one where it belongs.
  private func slot(of token: Span<UInt8>, hash: UInt32) -> Int {
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      if slots[slot] >> 32 == UInt64(hash), holds(slots[slot], token) { break }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private func holds(_ entry: UInt64, _ token: Span<UInt8>) -> Bool {
    let place = places[Int(UInt32(truncatingIfNeeded: entry)) - 1]
    guard place.count == token.count else { return false }
    for index in 0..<token.count where bytes[Int(place.lowerBound) + index] != token[index] {
      return false
    }
    return true
  }

  private mutating func grow() {
    let entries = slots
    slots = [UInt64](repeating: 0, count: entries.count * 2)
    for entry in entries where entry != 0 {
      var slot = Int(entry >> 32) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = entry
    }
  }
}

extension String {
  /// The text of UTF-8 bytes, with U+FFFD for what is not valid.
  init(_ utf8: Span<UInt8>) {
    self = utf8.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }
}
