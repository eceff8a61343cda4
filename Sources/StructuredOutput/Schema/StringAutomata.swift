import Synchronization

/// The automata of strings, each made once.
struct StringAutomata {
  /// Those of the formats, made once a process.
  private static let formats = Mutex<[String: DFA?]>([:])

  /// Which strings a schema allows.
  struct Rule: Hashable, Sendable {
    let minimum: Int
    let maximum: Int?
    /// All of them must be found in the string.
    let patterns: [String]

    init(_ schemas: [Subschema]) {
      minimum = schemas.map(\.minLength).max() ?? 0
      maximum = schemas.compactMap(\.maxLength).min()
      patterns = Set(schemas.flatMap(\.patterns)).sorted()
    }
  }

  private var known: [String: DFA?] = [:]
  private var contents: [Rule: DFA?] = [:]

  /// The texts in which a pattern is found; nil where there are none.
  mutating func found(
    _ pattern: String, keyword: String = "pattern", budget: inout Budget
  ) throws(SchemaError) -> DFA? {
    if let automaton = known[pattern] { return automaton }
    let isFormat = Formats.patterns.contains(pattern)
    if isFormat, let automaton = Self.formats.withLock({ $0[pattern] }) {
      known[pattern] = .some(automaton)
      return automaton
    }
    let regex: Regex
    do {
      regex = try RegexParser.parse(pattern)
    } catch {
      switch error {
      case .malformed:
        throw .invalid(
          keyword: keyword, at: "#", found: pattern, expected: "a regular expression")
      case .unsupported(let construct):
        throw .unsupported(keyword: keyword, at: pattern, detail: construct)
      }
    }
    // A format costs nothing, whether it was used before or not.
    var free = Budget()
    let automaton =
      isFormat
      ? try DFA(matching: regex.foundAnywhere, budget: &free)
      : try DFA(matching: regex.foundAnywhere, budget: &budget)
    known[pattern] = .some(automaton)
    if isFormat { Self.formats.withLock { $0[pattern] = .some(automaton) } }
    return automaton
  }

  /// The strings of a rule that has patterns, without quotation marks; nil where there are none.
  mutating func content(_ rule: Rule, budget: inout Budget) throws(SchemaError) -> DFA? {
    if let automaton = contents[rule] { return automaton }
    var automaton: DFA?
    if rule.minimum > 0 || rule.maximum != nil {
      automaton = try DFA.text(minimum: rule.minimum, maximum: rule.maximum, budget: &budget)
    }
    for pattern in rule.patterns {
      guard let next = try found(pattern, budget: &budget) else {
        automaton = nil
        break
      }
      guard let previous = automaton else {
        automaton = next
        continue
      }
      automaton = try previous.intersection(next, budget: &budget)
      if automaton == nil { break }
    }
    contents[rule] = .some(automaton)
    return automaton
  }
}
