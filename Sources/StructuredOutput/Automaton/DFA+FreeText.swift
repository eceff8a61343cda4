extension DFA {
  /// The states of a string's automaton from which any text may follow, until a quotation mark ends it.
  var freeStates: Set<Int32> {
    var found: Set<Int32> = []
    for state in accepts.indices {
      let state = Int32(state)
      // Most states are no candidates.
      let isCandidate = [UInt8(ascii: "a"), UInt8(ascii: " ")].allSatisfy {
        next(state, $0) == state
      }
      if isCandidate, isFree(state) { found.insert(state) }
    }
    return found
  }

  /// Whether a state and the one between two characters of a free text allow the same.
  private func isFree(_ state: Int32) -> Bool {
    struct Pair: Hashable {
      let mine: Int32
      let text: Int32
    }
    let first = Pair(mine: state, text: TextState.between)
    var seen: Set<Pair> = [first]
    var queue = [first]
    while let pair = queue.popLast() {
      for byte in UInt8.min...UInt8.max {
        let mine = next(pair.mine, byte)
        if byte == UInt8(ascii: "\""), pair.text == TextState.between {
          guard mine != Self.none, hasEnded(mine) else { return false }
          continue
        }
        let text = TextState.next(pair.text, byte)
        guard (mine == Self.none) == (text < 0) else { return false }
        guard text >= 0 else { continue }
        let target = Pair(mine: mine, text: text)
        if seen.insert(target).inserted { queue.append(target) }
      }
    }
    return true
  }
}
