/// Sees at once that no value fits some conjunctions, without making their grammar.
///
/// It looks at types and listed values, and at those of properties that are required.
struct QuickFacts {
  private static let depth = 3

  var reader: SubschemaReader
  private(set) var budget: Budget

  init(reader: SubschemaReader, budget: Budget) {
    self.reader = reader
    self.budget = budget
  }

  /// Whether it is certain that no value fits.
  mutating func isEmpty(_ conjunction: Conjunction) throws(SchemaError) -> Bool {
    try isEmpty(conjunction, depth: Self.depth)
  }

  private mutating func isEmpty(
    _ conjunction: Conjunction, depth: Int
  ) throws(SchemaError) -> Bool {
    for numbers in try Expansion(conjunction, &reader, budget: &budget).alternatives {
      var schemas: [Subschema] = []
      for number in numbers { schemas.append(try reader.read(number)) }
      guard try isEmpty(schemas, depth: depth) else { return false }
    }
    return true
  }

  private mutating func isEmpty(_ schemas: [Subschema], depth: Int) throws(SchemaError) -> Bool {
    let types = schemas.reduce(ValueTypes.all) { $0.intersection($1.types) }
    if types.isEmpty { return true }
    if var values = schemas.first(where: { $0.values != nil })?.values {
      for schema in schemas {
        if let others = schema.values { values.removeAll { !others.contains($0) } }
      }
      if values.allSatisfy({ !types.isSuperset(of: ValueTypes(of: $0)) }) { return true }
    }
    // What may be something else than an object says nothing about properties.
    guard depth > 0, types == .object else { return false }
    for name in Set(schemas.flatMap(\.required)) {
      let parts = schemas.flatMap { schema in
        let own = schema.named[name].map { [$0] } ?? []
        let others = schema.patternProperties.isEmpty ? schema.additional.map { [$0] } ?? [] : []
        return own.isEmpty ? others : own
      }
      if try isEmpty(Conjunction(schemas: parts), depth: depth - 1) { return true }
    }
    return false
  }
}
