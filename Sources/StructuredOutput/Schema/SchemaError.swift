package import JSON
import Files

/// Why a schema cannot be used.
package enum SchemaError: Error, Equatable {
  /// What there is too much of.
  package enum Limit: Equatable, Sendable {
    /// States of an automaton for a pattern, a format, sizes or a number range.
    case automatonStates
    /// Steps of making the automata.
    case work
    /// Subschemas, with all combinations of them that occur.
    case subschemas
    /// Combinations of the alternatives at one place.
    case alternatives
    /// Named properties of an object.
    case members
    /// Digits behind the point of a bound.
    case fractionDigits
    /// The divisor of `multipleOf`.
    case divisor
    /// Bytes of the shortest answer.
    case shortestAnswer
  }

  /// It is not JSON, or JSON beyond the limits.
  case malformed(JSONFault)
  /// A keyword has a value that JSON Schema does not give it.
  case invalid(keyword: String, at: String, found: String, expected: String)
  /// A keyword, or what its value needs, is not built.
  case unsupported(keyword: String, at: String, detail: String?)
  /// A reference leads nowhere, to another document, or to itself without end.
  case unresolved(reference: String, at: String)
  /// No value fits.
  case unsatisfiable
  case tooLarge(Limit, limit: Int)
  /// A short form is not written as one; `offset` counts characters.
  case shorthand(String, offset: Int, expected: String)
}

extension SchemaError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let fault): "the schema is not the JSON it should be: \(fault)"
    case .invalid(let keyword, let path, let found, let expected):
      "\(keyword.quoted) at \(path.printable) is \(found.printable); expected \(expected)"
    case .unsupported(let keyword, let path, let detail):
      "\(keyword.quoted) at \(path.printable) is not supported"
        + (detail.map { ": \($0.printable)" } ?? "")
    case .unresolved(let reference, let path):
      "'$ref' at \(path.printable) leads to \(reference.quoted), which is not a schema of this document"
    case .unsatisfiable: "no finite value fits the schema"
    case .tooLarge(let what, let limit): "the schema is too large: more than \(limit) \(what)"
    case .shorthand(let text, let offset, let expected):
      "\(text.quoted) is not a list of fields: expected \(expected) after \(offset) characters"
    }
  }
}

extension SchemaError.Limit: CustomStringConvertible {
  package var description: String {
    switch self {
    case .automatonStates: "states for one pattern, format, size or range"
    case .work: "steps to prepare it"
    case .subschemas: "subschemas and combinations of them"
    case .alternatives: "combinations of alternatives at one place"
    case .members: "properties of one object"
    case .fractionDigits: "digits behind a bound's decimal point"
    case .divisor: "as the divisor of multipleOf"
    case .shortestAnswer: "bytes in the shortest answer"
    }
  }
}
