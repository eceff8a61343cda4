import FoundationEssentials

/// A value of a key that the interface always has: null where there is none.
package struct OrNull<Value: Encodable & Sendable>: Encodable, Sendable {
  private let value: Value?

  init(_ value: Value?) { self.value = value }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

/// JSON as the interfaces write it: keys in snake case, absent values left out.
package enum WireJSON {
  package static func bytes(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      // Strings, integers and finite numbers always can be.
      preconditionFailure("a reply cannot be written as JSON: \(error)")
    }
  }
}
