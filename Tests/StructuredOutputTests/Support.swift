import JSON
import TestSupport

@testable import StructuredOutput

extension Grammar {
  /// The grammar of a schema that a test wrote.
  static func of(_ schema: String) throws(SchemaError) -> Grammar {
    try Grammar.schema(Array(schema.utf8).span.bytes)
  }

  /// Whether a text is a value that the grammar allows.
  func allows(_ text: some Sequence<UInt8>) -> Bool {
    let machine = Machine(self)
    return machine.accepts(machine.step(machine.start, text))
  }

  /// Whether a JSON value, written compactly, is allowed.
  func allows(_ value: String) throws -> Bool {
    let bytes = Array(value.utf8)
    return allows(try OrderedJSON(bytes.span.bytes).compact)
  }
}
