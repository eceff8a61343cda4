/// The work that making a grammar may take, so that no schema takes the machine down.
struct Budget {
  /// States of one automaton.
  static let states = 1 << 14
  /// Steps of all automata of a schema together; a second or so.
  static let steps = 1 << 23

  private var left = steps

  /// Takes steps off.
  ///
  /// - Throws: `SchemaError.tooLarge` where none are left.
  mutating func spend(_ count: Int) throws(SchemaError) {
    left -= count
    if left < 0 { throw .tooLarge(.work, limit: Self.steps) }
  }
}
