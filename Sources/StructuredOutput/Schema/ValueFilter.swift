/// Which values of an `enum` or `const` the other keywords beside it allow.
struct ValueFilter {
  let schemas: [Subschema]
  let numbers: [Int]
  let types: ValueTypes
  let number: NumberRule
  let text: StringAutomata.Rule

  /// The allowed ones among `candidates`, in their order.
  func values(
    _ candidates: [OrderedJSON], compiler: inout SchemaCompiler
  ) throws(SchemaError) -> [OrderedJSON] {
    let listed = schemas.compactMap { $0.values.map(Set.init) }
    var seen: Set<OrderedJSON> = []
    var found: [OrderedJSON] = []
    for value in candidates where seen.insert(value).inserted {
      guard types.isSuperset(of: ValueTypes(of: value)) else { continue }
      guard listed.allSatisfy({ $0.contains(value) }) else { continue }
      if try allows(value, compiler: &compiler) { found.append(value) }
    }
    return found
  }

  private func allows(
    _ value: OrderedJSON, compiler: inout SchemaCompiler
  ) throws(SchemaError) -> Bool {
    switch value {
    case .null, .bool: return true
    case .number(let number): return self.number.allows(number.value)
    case .string(let content):
      let length = content.count { $0 & 0xC0 != 0x80 }
      guard length >= text.minimum, length <= text.maximum ?? length else { return false }
      let spelling = StringSpelling.content(content)
      for pattern in text.patterns {
        let automaton = try compiler.strings.found(pattern, budget: &compiler.budget)
        guard automaton?.matches(spelling) == true else { return false }
      }
      return true
    case .array, .object:
      guard let index = schemas.firstIndex(where: \.isStructural) else { return true }
      throw .unsupported(
        keyword: "enum", at: compiler.reader.document.place(numbers[index]),
        detail: "arrays and objects beside keywords for their parts")
    }
  }
}
