extension SchemaCompiler {
  /// Names of further members that the same keywords speak about.
  private struct NameClass {
    let names: DFA
    /// Patterns that all of the names match.
    var patterns: Set<String> = []
  }

  private static let maximumNameClasses = 64
  private static let maximumMembers = 1024

  /// The rule for objects; nil where none fits.
  mutating func objectRule(_ schemas: [Subschema]) throws(SchemaError) -> Grammar.ObjectRule? {
    let minimum = schemas.map(\.minProperties).max() ?? 0
    let maximum = schemas.compactMap(\.maxProperties).min()
    if let maximum, maximum < minimum { return nil }
    var names: [[UInt8]] = []
    var seen: Set<[UInt8]> = []
    let required = Set(schemas.flatMap(\.required))
    for name in schemas.flatMap(\.names) + schemas.flatMap(\.required)
    where seen.insert(name).inserted {
      names.append(name)
    }
    guard names.count <= Self.maximumMembers else {
      throw .tooLarge(.members, limit: Self.maximumMembers)
    }
    var members: [Grammar.ObjectRule.Member] = []
    for name in names {
      let isRequired = required.contains(name)
      let parts = try parts(for: name, of: schemas)
      let isNever = parts.contains { reader.document[$0] == .bool(false) }
      if isNever, !isRequired { continue }
      guard let literal = try add(try DFA.literals([StringSpelling.quoted(name)], budget: &budget))
      else { continue }
      let value = try node(Conjunction(schemas: parts))
      members.append(.init(name: literal, value: value, isRequired: isRequired))
    }
    let others = maximum == 0 ? [] : try otherMembers(schemas, besides: names)
    return Grammar.ObjectRule(
      members: members, others: others, minimum: minimum, maximum: maximum)
  }

  /// What the value of a member with this name is held to.
  private mutating func parts(
    for name: [UInt8], of schemas: [Subschema]
  ) throws(SchemaError) -> [Int] {
    var parts: [Int] = []
    for schema in schemas {
      var own = schema.named[name].map { [$0] } ?? []
      for (pattern, number) in schema.patternProperties {
        let automaton = try strings.found(pattern, keyword: "patternProperties", budget: &budget)
        if automaton?.matches(StringSpelling.content(name)) == true { own.append(number) }
      }
      if own.isEmpty, let additional = schema.additional { own.append(additional) }
      parts += own
    }
    return parts
  }

  /// The kinds of members whose name is not among `names`.
  private mutating func otherMembers(
    _ schemas: [Subschema], besides names: [[UInt8]]
  ) throws(SchemaError) -> [Grammar.ObjectRule.Member] {
    let patterns = Set(schemas.flatMap { $0.patternProperties.map(\.pattern) }).sorted()
    if patterns.isEmpty {
      let parts = schemas.compactMap(\.additional)
      guard !parts.contains(where: { reader.document[$0] == .bool(false) }) else { return [] }
    }
    guard var rest = try DFA.text(minimum: 0, maximum: nil, budget: &budget) else { return [] }
    if let known = try DFA.literals(names.map(StringSpelling.content), budget: &budget) {
      guard let others = try rest.subtracting(known, budget: &budget) else { return [] }
      rest = others
    }
    var classes = [NameClass(names: rest)]
    for pattern in patterns {
      let matching = try strings.found(pattern, keyword: "patternProperties", budget: &budget)
      guard let matching else { continue }
      classes = try split(classes, by: pattern, matching)
    }
    var members: [Grammar.ObjectRule.Member] = []
    for nameClass in classes {
      let parts = schemas.flatMap { schema in
        let own = schema.patternProperties.filter { nameClass.patterns.contains($0.pattern) }
        return own.isEmpty ? (schema.additional.map { [$0] } ?? []) : own.map(\.schema)
      }
      guard !parts.contains(where: { reader.document[$0] == .bool(false) }) else { continue }
      let isFree = names.isEmpty && patterns.isEmpty
      let name =
        isFree
        ? try node(StringAutomata.Rule([]))
        : try add(try nameClass.names.quoted(budget: &budget))
      guard let name else { continue }
      members.append(
        .init(name: name, value: try node(Conjunction(schemas: parts)), isRequired: false))
    }
    return members
  }

  private mutating func split(
    _ classes: [NameClass], by pattern: String, _ matching: DFA
  ) throws(SchemaError) -> [NameClass] {
    var parts: [NameClass] = []
    for nameClass in classes {
      if let names = try nameClass.names.intersection(matching, budget: &budget) {
        parts.append(NameClass(names: names, patterns: nameClass.patterns.union([pattern])))
      }
      if let names = try nameClass.names.subtracting(matching, budget: &budget) {
        parts.append(NameClass(names: names, patterns: nameClass.patterns))
      }
    }
    guard parts.count <= Self.maximumNameClasses else {
      throw .tooLarge(.alternatives, limit: Self.maximumNameClasses)
    }
    return parts
  }
}
