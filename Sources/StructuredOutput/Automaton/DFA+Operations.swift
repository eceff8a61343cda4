extension DFA {
  /// Texts of a JSON string's content, of `minimum` to `maximum` characters.
  static func text(
    minimum: Int, maximum: Int?, budget: inout Budget
  ) throws(SchemaError) -> DFA? {
    let regex = Regex.repeated(.characters(.all), minimum: minimum, maximum: maximum)
    return try DFA(matching: regex, budget: &budget)
  }

  /// Texts that match an expression as a whole; nil where there are none.
  init?(matching regex: Regex, budget: inout Budget) throws(SchemaError) {
    guard let dfa = try NFA(regex, budget: &budget).determinized(budget: &budget) else {
      return nil
    }
    self = dfa
  }

  /// Exactly these texts.
  static func literals(
    _ texts: [[UInt8]], budget: inout Budget
  ) throws(SchemaError) -> DFA? {
    var children: [[UInt8: Int]] = [[:]]
    var ends: Set<Int> = []
    for text in texts {
      var node = 0
      for byte in text {
        if let child = children[node][byte] {
          node = child
        } else {
          children[node][byte] = children.count
          node = children.count
          children.append([:])
        }
      }
      ends.insert(node)
    }
    let used = Set(texts.joined())
    return try explore(
      0, ByteClasses { used.contains($0) ? Int($0) : -1 }, budget: &budget,
      accepts: ends.contains, step: { (node, byte) in children[node][byte] })
  }

  /// Texts of both; nil where there are none.
  func intersection(_ other: DFA, budget: inout Budget) throws(SchemaError) -> DFA? {
    try combined(with: other, budget: &budget) { $0 && $1 }
  }

  /// Texts that the other one does not have; nil where there are none.
  func subtracting(_ other: DFA, budget: inout Budget) throws(SchemaError) -> DFA? {
    try combined(with: other, budget: &budget) { $0 && !$1 }
  }

  private func combined(
    with other: DFA, budget: inout Budget, accepts: (Bool, Bool) -> Bool
  ) throws(SchemaError) -> DFA? {
    struct Pair: Hashable {
      let mine: Int32
      /// `none` where the other has left its texts.
      let other: Int32
    }
    return try Self.explore(
      Pair(mine: 0, other: 0), ByteClasses { [classes[Int($0)], other.classes[Int($0)]] },
      budget: &budget,
      accepts: { pair in
        accepts(
          self.accepts[Int(pair.mine)],
          pair.other != Self.none && other.accepts[Int(pair.other)])
      },
      step: { (pair, byte) in
        let mine = next(pair.mine, byte)
        guard mine != Self.none else { return nil }
        let theirs = pair.other == Self.none ? Self.none : other.next(pair.other, byte)
        guard theirs != Self.none || accepts(true, false) else { return nil }
        return Pair(mine: mine, other: theirs)
      })
  }

  /// The texts between quotation marks.
  func quoted(budget: inout Budget) throws(SchemaError) -> DFA? {
    enum Place: Hashable {
      case before
      case inside(Int32)
      case after
    }
    let quote = UInt8(ascii: "\"")
    return try Self.explore(
      Place.before, ByteClasses { $0 == quote ? -1 : Int(classes[Int($0)]) }, budget: &budget,
      accepts: { $0 == .after },
      step: { (place, byte) in
        switch place {
        case .before: return byte == quote ? .inside(0) : nil
        case .inside(let state):
          // A quotation mark behind a backslash is a part of the text.
          let target = next(state, byte)
          if target != Self.none { return .inside(target) }
          return byte == quote && accepts[Int(state)] ? .after : nil
        case .after: return nil
        }
      })
  }
}
