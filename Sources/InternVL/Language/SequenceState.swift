import Kernels

/// What changes while one conversation is generated: its KV cache, one part a layer.
final class SequenceState {
  let caches: [KeyValueCache]
  /// Positions that there can be.
  private(set) var capacity: Int
  private let rotary: RotaryConfiguration
  /// Inverse frequencies in use, and the sequence length they were made for.
  private var frequencies: [Float]
  private var frequenciesLength = 0

  /// An empty sequence whose caches hold `capacity` positions.
  init(_ configuration: LanguageConfiguration, capacity: Int, format: KeyValueCache.Format) {
    caches = (0..<configuration.layers).map { _ in
      KeyValueCache(
        kvHeads: configuration.keyValueHeads, headWidth: configuration.headWidth,
        capacity: capacity, format: format)
    }
    rotary = configuration.rotary
    self.capacity = capacity
    frequencies = rotary.inverseFrequencies(length: 0)
  }

  /// Positions in the cache.
  var count: Int { caches[0].count }

  /// Bytes of the keys and values of `count` positions.
  static func cacheBytes(
    _ configuration: LanguageConfiguration, count: Int, format: KeyValueCache.Format
  ) -> Int {
    configuration.layers * configuration.keyValueHeads * count
      * format.positionBytes(headWidth: configuration.headWidth)
  }

  /// Bytes of the keys and values that are stored.
  var cacheBytes: Int { caches.reduce(0) { $0 + $1.storedBytes } }

  /// Positions that there is memory for.
  var room: Int { caches[0].room }

  /// Positions that can still be appended.
  var remaining: Int { capacity - count }

  /// Gets memory for `length` positions in all.
  func reserve(_ length: Int) {
    for cache in caches { cache.reserve(length) }
  }

  /// Drops everything after the first `count` positions.
  func truncate(to count: Int) {
    for cache in caches { cache.truncate(to: count) }
    frequenciesLength = 0
  }

  /// Changes how many positions there can be; at least as many as there are.
  func setCapacity(_ positions: Int) {
    for cache in caches { cache.capacity = positions }
    capacity = positions
  }

  /// Copies the first `count` positions of another sequence into this one, which is empty.
  func copy(first count: Int, of other: SequenceState) {
    for (cache, source) in zip(caches, other.caches) { cache.copy(first: count, of: source) }
  }

  /// Appends cos and sin of the angles of the next `rows` positions, `[rows, headWidth / 2]`.
  ///
  /// `length` is the sequence's length that decides the base. Keys already cached keep the
  /// rotation they were given, as in the reference code.
  func appendAngles(
    rows: Int, length: Int, cosines: inout [Float], sines: inout [Float]
  ) {
    if length > frequenciesLength {
      if rotary.isExtended(length: length) || frequenciesLength == 0 {
        frequencies = rotary.inverseFrequencies(length: length)
      }
      frequenciesLength = length
    }
    for position in count..<count + rows {
      RotaryConfiguration.appendAngles(
        of: position, frequencies: frequencies, cosines: &cosines, sines: &sines)
    }
  }
}
