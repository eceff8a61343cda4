/// Holds one answer to a grammar, token by token.
///
/// As long as there are enough tokens it allows all that fit. When they run out it allows only those
/// after which the rest suffices to end the value.
package struct TokenConstraint {
  private let cache: MaskCache
  private var machine: Machine
  private var state: Int32
  private var names = UsedNames()
  /// The tokens of the shortest ending, once nothing else is left.
  private var ending: ArraySlice<Int32> = []
  /// The fewest tokens that a whole value takes, as far as is known.
  package let shortestAnswer: Int
  /// Whether tokens were kept from being chosen because there are too few left.
  package private(set) var isClosing = false

  package init(_ cache: MaskCache) {
    self.cache = cache
    cache.renewIfLarge()
    machine = cache.machine
    state = machine.start
    shortestAnswer = cache.endingTokens(state)
  }

  /// Whether the value may end here.
  package var mayEnd: Bool { machine.accepts(state) }

  /// Whether the value must end here.
  package var hasEnded: Bool { machine.hasEnded(state) }

  /// The next token of the shortest ending; nil where nothing needs to follow.
  package var endingToken: Int32? { cache.vocabulary.tokens(machine.ending(state))?.first }

  /// Which tokens may come next, where `remaining` more are possible in all.
  package mutating func mask(remaining: Int) -> TokenMask {
    renew()
    if let token = ending.first { return only(token) }
    let entry = cache.entry(state)
    // Every byte is a token, so bytes are a bound for tokens.
    guard remaining - 1 < entry.longestEnding else { return withoutRepetitions(entry.mask) }
    let mask = cache.mask(state, remaining: remaining - 1)
    if mask == entry.mask { return withoutRepetitions(mask) }
    isClosing = true
    if !mask.isEmpty { return withoutRepetitions(mask) }
    ending = (cache.vocabulary.tokens(machine.ending(state)) ?? [])[...]
    return ending.first.map(only) ?? entry.mask
  }

  /// Goes on with a token that the mask allows.
  package mutating func take(_ token: Int32) {
    ending = ending.dropFirst()
    let bytes = cache.vocabulary.bytes(of: token)
    state = machine.step(state, bytes)
    for byte in bytes { names.take(byte) }
  }

  /// The mask without tokens that would give an object a name twice, where others are left.
  private func withoutRepetitions(_ mask: TokenMask) -> TokenMask {
    var rest = mask
    for text in names.repetitions {
      for token in cache.vocabulary.others.tokens(beginningWith: text) { rest.forbid(token) }
    }
    return rest.isEmpty ? mask : rest
  }

  private func only(_ token: Int32) -> TokenMask {
    var mask = TokenMask(count: cache.vocabulary.count)
    mask.allow(token)
    return mask
  }

  /// Moves on to the cache's machine where that is another one.
  private mutating func renew() {
    cache.renewIfLarge()
    guard machine !== cache.machine else { return }
    state = cache.machine.adopt(state, of: machine)
    machine = cache.machine
  }
}
