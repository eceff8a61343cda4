package import JSON

extension Grammar {
  /// The grammar of a JSON Schema.
  ///
  /// - Throws: the keyword that is wrong or not built, or why no answer could fit.
  package static func schema(_ document: RawSpan) throws(SchemaError) -> Grammar {
    let value: OrderedJSON
    do {
      value = try OrderedJSON(document)
    } catch {
      throw .malformed(error)
    }
    return try SchemaCompiler.compile(value)
  }

  /// Whether a JSON value fits, with its members in the order that they stand in.
  ///
  /// - Throws: where it is not JSON.
  package func allows(_ document: RawSpan) throws(JSONFault) -> Bool {
    let machine = Machine(self)
    return machine.accepts(machine.step(machine.start, try OrderedJSON(document).compact))
  }

  /// The grammar of any JSON object.
  package static func anyObject() throws(SchemaError) -> Grammar {
    let member = OrderedJSON.Member(key: Array("type".utf8), value: .text("object"))
    return try SchemaCompiler.compile(.object([member]))
  }
}
