/// The masks of one grammar for one vocabulary; those that were computed are kept.
///
/// Not thread-safe. What is kept changes nothing but the time that a mask takes.
package final class MaskCache {
  /// A mask, and what is true of all tokens that it allows.
  struct Entry {
    let mask: TokenMask
    /// The most bytes that are needed to end the value after one of the tokens.
    let longestEnding: Int
  }

  /// Masks that are kept; each takes 19 kB with Qwen2's vocabulary.
  private static let maximumEntries = 512

  let vocabulary: TokenVocabulary
  private(set) var machine: Machine
  private var entries: [Int32: Entry] = [:]
  /// Masks of the plain tokens of at most so many characters.
  private var plainMasks: [Int: TokenMask] = [:]
  private let longestPlain: Int
  /// Tokens that the shortest ending of a state takes.
  private var endings: [Int32: Int] = [:]

  package init(_ grammar: Grammar, vocabulary: TokenVocabulary) {
    self.vocabulary = vocabulary
    machine = Machine(grammar)
    longestPlain = vocabulary.plainLengths.max() ?? 0
  }

  /// Begins a fresh machine where the present one has become large.
  func renewIfLarge() {
    guard machine.isLarge else { return }
    machine = Machine(machine.grammar)
    entries.removeAll()
    endings.removeAll()
  }

  /// The tokens that may come next in a state.
  func entry(_ state: Int32) -> Entry {
    if let entry = entries[state] { return entry }
    var mask = TokenMask(count: vocabulary.count)
    var longestEnding = 0
    let free = machine.freeText(state)
    if let free {
      mask.formUnion(plainMask(free.characters))
      // A character more never makes the ending longer.
      longestEnding = machine.endingLength(state)
    }
    walk(vocabulary.others, from: state) { token, next in
      mask.allow(token)
      longestEnding = max(longestEnding, machine.endingLength(next))
    }
    walk(vocabulary.plain, from: free?.others ?? state) { token, next in
      mask.allow(token)
      longestEnding = max(longestEnding, machine.endingLength(next))
    }
    if machine.accepts(state) { mask.allow(vocabulary.stop) }
    if entries.count >= Self.maximumEntries { entries.removeAll() }
    let entry = Entry(mask: mask, longestEnding: longestEnding)
    entries[state] = entry
    return entry
  }

  /// The tokens that may come next in a state, and after which the value can end with at most
  /// `remaining` further ones.
  func mask(_ state: Int32, remaining: Int) -> TokenMask {
    var mask = TokenMask(count: vocabulary.count)
    for trie in [vocabulary.plain, vocabulary.others] {
      walk(trie, from: state) { token, next in
        if endingTokens(next) <= remaining { mask.allow(token) }
      }
    }
    if machine.accepts(state) { mask.allow(vocabulary.stop) }
    return mask
  }

  /// Tokens that the shortest ending of a state takes; `.max` where it has no tokens.
  func endingTokens(_ state: Int32) -> Int {
    if let count = endings[state] { return count }
    let count = vocabulary.tokens(machine.ending(state))?.count ?? .max
    endings[state] = count
    return count
  }

  private func plainMask(_ characters: Int) -> TokenMask {
    let limit = min(characters, longestPlain)
    if let mask = plainMasks[limit] { return mask }
    var mask = TokenMask(count: vocabulary.count)
    for (token, length) in zip(vocabulary.plain.tokens, vocabulary.plainLengths)
    where length <= limit {
      mask.allow(token)
    }
    plainMasks[limit] = mask
    return mask
  }

  /// Calls `body` with every token that fits, and the state after it.
  private func walk(_ trie: TokenTrie, from state: Int32, _ body: (Int32, Int32) -> Void) {
    guard state != Machine.dead, trie.depth > 0 else { return }
    var states = [Int32](repeating: state, count: trie.depth + 1)
    var node = 0
    while node < trie.bytes.count {
      let depth = Int(trie.depths[node])
      let next = machine.step(states[depth], trie.bytes[node])
      if next == Machine.dead {
        node = Int(trie.skips[node])
        continue
      }
      states[depth + 1] = next
      for index in trie.firstTokens[node]..<trie.firstTokens[node + 1] {
        body(trie.tokens[Int(index)], next)
      }
      node += 1
    }
  }
}
