/// The tokens of a byte-level vocabulary, by id and by their text.
///
/// Texts are kept as `vocab.json` writes them, in the byte alphabet. All of them lie in one array, and
/// the hash table holds ids only, so that a hundred thousand tokens cost a handful of allocations.
struct Vocabulary: Sendable {
  /// Tokens longer than this are refused; the longest of Qwen2 has 256 bytes.
  private static let longestToken = 1 << 16

  /// The texts of all tokens, in file order.
  private var texts: [UInt8] = []
  /// Where in `texts` the token with this id is; empty for ids that no token has.
  private var places: [Range<Int32>] = []
  /// Open addressing with linear probing, a power of two and at most three quarters full: 11 bits of
  /// a token's hash above its id plus 1, or 0.
  private var slots: [UInt32]
  private static let idBits: UInt32 = 21
  /// Drawn anew for each vocabulary, so that a crafted file cannot aim at one slot.
  private let seed = UInt64.random(in: 0 ... .max)

  /// Reads `vocab.json`.
  init(json: Span<UInt8>) throws(TokenizerDefect) {
    // Qwen2's entries take 18 bytes of JSON on average.
    texts.reserveCapacity(json.count / 2)
    places.reserveCapacity(json.count / 18)
    slots = Self.emptySlots(for: json.count / 18)
    var count = 0
    try forEachTokenID(in: json) { (text, id) throws(TokenizerDefect) in
      if count * 4 >= slots.count * 3 { grow() }
      try append(text, id: id)
      count += 1
    }
  }

  /// One more than the largest id.
  var count: Int { places.count }

  /// A token's text in the byte alphabet; empty for an id that no token has.
  subscript(id: Int32) -> ArraySlice<UInt8> {
    guard places.indices.contains(Int(id)) else { return [] }
    return texts[Int(places[Int(id)].lowerBound)..<Int(places[Int(id)].upperBound)]
  }

  /// The id of the token that `vocab.json` writes like this.
  ///
  /// The id `guess` is tried first, if it is one; that is faster when it is right.
  func id(of text: Span<UInt8>, guess: Int32 = -1) -> Int32? {
    if places.indices.contains(Int(guess)), holds(guess, text) { return guess }
    let entry = slots[slot(of: text, hash: hash(text))]
    return entry == 0 ? nil : Self.id(entry)
  }

  /// Adds a token; its text must be new, and so must its id.
  private mutating func append(_ text: Span<UInt8>, id: Int) throws(TokenizerDefect) {
    guard 1...Self.longestToken ~= text.count else {
      throw .tokenLength(id: id, bytes: text.count, limit: Self.longestToken)
    }
    while places.count <= id { places.append(0..<0) }
    guard places[id].isEmpty else { throw .duplicateID(id) }
    let hash = hash(text)
    let slot = slot(of: text, hash: hash)
    guard slots[slot] == 0 else { throw .duplicateToken(String(text)) }
    let start = texts.count
    text.withUnsafeBufferPointer { texts.append(contentsOf: $0) }
    places[id] = Int32(start)..<Int32(texts.count)
    slots[slot] = Self.entry(hash: hash, id: Int32(id))
  }

  /// Multiplies and folds eight bytes at a time, as wyhash does (Wang Yi, 2019).
  private func hash(_ text: Span<UInt8>) -> UInt64 {
    func mixed(_ state: UInt64, _ word: UInt64) -> UInt64 {
      let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      return product.high ^ product.low
    }
    return text.withUnsafeBytes { bytes in
      var state = seed &+ UInt64(bytes.count)
      var offset = 0
      while offset + 8 <= bytes.count {
        state = mixed(state, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
      }
      return mixed(state, bytes[offset...].reduce(0) { $0 << 8 | UInt64($1) })
    }
  }

  private static func entry(hash: UInt64, id: Int32) -> UInt32 {
    UInt32(truncatingIfNeeded: hash >> 32) << idBits | UInt32(id + 1)
  }

  private static func id(_ entry: UInt32) -> Int32 { Int32(entry & (1 << idBits - 1)) - 1 }

  private static func emptySlots(for tokens: Int) -> [UInt32] {
    var count = 1 << 10
    while count * 3 < tokens * 4 { count *= 2 }
    return [UInt32](repeating: 0, count: count)
  }

  /// The slot that holds a token, or the empty one where it belongs.
  private func slot(of text: Span<UInt8>, hash: UInt64) -> Int {
    let tag = Self.entry(hash: hash, id: -1)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while case let entry = slots[slot], entry != 0 {
      if (entry ^ tag) >> Self.idBits == 0, holds(Self.id(entry), text) { break }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private func holds(_ id: Int32, _ text: Span<UInt8>) -> Bool {
    let place = places[Int(id)]
    guard place.count == text.count else { return false }
    for index in 0..<text.count where texts[Int(place.lowerBound) + index] != text[index] {
      return false
    }
    return true
  }

  private mutating func grow() {
    slots = Self.emptySlots(for: slots.count)
    for (id, place) in places.enumerated() where !place.isEmpty {
      let (slot, hash) = slot(ofTextAt: place)
      slots[slot] = Self.entry(hash: hash, id: Int32(id))
    }
  }

  private func slot(ofTextAt place: Range<Int32>) -> (slot: Int, hash: UInt64) {
    let text = texts.span.extracting(Int(place.lowerBound)..<Int(place.upperBound))
    let hash = hash(text)
    return (slot(of: text, hash: hash), hash)
  }
}

extension String {
  /// The text of UTF-8 bytes, with U+FFFD for what is not valid.
  init(_ utf8: Span<UInt8>) {
    self = utf8.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }
}
