public import Foundation
import JSON
import StructuredOutput

/// What an answer must look like: JSON that fits a schema.
///
/// While an answer is generated, only tokens can be chosen after which it may still become a value that
/// fits. The answer is compact, its properties stand in the order of the schema, and when its tokens run
/// out it is closed by the shortest ending that fits.
public struct OutputShape: Sendable {
  /// What it was made of; equal ones allow the same answers.
  struct Key: Hashable {
    let source: String
    let isShorthand: Bool
  }

  let grammar: Grammar
  let key: Key

  /// The schema or the short form that it was made of.
  package var source: String { key.source }

  /// The schema that it was made of; nil where it was made of the short form.
  package var jsonSchema: String? { key.isShorthand ? nil : key.source }

  /// A JSON object with any content.
  public static let anyObject: OutputShape = {
    do {
      return OutputShape(grammar: try .anyObject(), source: #"{"type":"object"}"#)
    } catch {
      preconditionFailure("the schema of any object: \(error)")
    }
  }()

  private init(grammar: Grammar, source: String) {
    self.grammar = grammar
    key = Key(source: source, isShorthand: false)
  }

  /// Values that fit a JSON Schema.
  ///
  /// - Throws: `InternVLError.shape` with the keyword that is wrong or not built, or the reason why no
  ///   value could fit.
  public init(jsonSchema: Data) throws(InternVLError) {
    do {
      grammar = try Grammar.schema(Array(jsonSchema).span.bytes)
    } catch {
      throw .shape(error)
    }
    key = Key(source: String(decoding: jsonSchema, as: UTF8.self), isShorthand: false)
  }

  /// Values that fit the JSON Schema that keys lead to in a document, such as a request.
  ///
  /// - Throws: as `init(jsonSchema:)`, also where there is none.
  package init(jsonSchemaAt path: [String], in document: [UInt8]) throws(InternVLError) {
    let range = JSONSlice.range(of: path, in: document.span.bytes) ?? 0..<0
    try self.init(jsonSchema: Data(document[range]))
  }

  /// Whether a JSON value has this shape, with its members in the order that they stand in; nil where it
  /// is not JSON.
  package func allows(_ value: Data) -> Bool? { try? grammar.allows(Array(value).span.bytes) }

  /// Objects with the fields of a short form: `title, tags[], has_people:bool, count:int,
  /// kind:photo|drawing`.
  ///
  /// A field is a text where no type is given. Types are `text`, `int`, `number` and `bool`, or texts
  /// with bars between them; `[]` after the name makes a list.
  ///
  /// - Throws: `InternVLError.shape` with the place where something else is expected.
  public init(shorthand: String) throws(InternVLError) {
    do {
      grammar = try Grammar.shorthand(shorthand)
    } catch {
      throw .shape(error)
    }
    key = Key(source: shorthand, isShorthand: true)
  }
}
