import TestSupport
import Testing

@testable import StructuredOutput

@Suite("Schemas that cannot be used")
struct RefusalTests {
  private func error(_ schema: String) -> SchemaError? {
    do {
      _ = try Grammar.of(schema)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "a keyword that is not built is refused by its name",
    arguments: Keywords.refused.sorted())
  func refused(keyword: String) {
    let schema = #"{"properties":{"a":{"\#(keyword)":{}}}}"#
    #expect(
      error(schema) == .unsupported(keyword: keyword, at: "#/properties/a", detail: nil))
  }

  @Test(
    "what a keyword needs beyond what is built is refused by its name",
    arguments: [
      (#"{"uniqueItems":true}"#, "uniqueItems"), (#"{"format":"colour"}"#, "format"),
      (#"{"multipleOf":0.01}"#, "multipleOf"), (#"{"pattern":"(?=a)b"}"#, "pattern"),
      (#"{"pattern":"(a)\\1"}"#, "pattern"), (#"{"pattern":"\\bword"}"#, "pattern"),
      (#"{"oneOf":[{"minimum":1},{"maximum":5}]}"#, "oneOf"),
      (#"{"enum":[[1]],"items":{"type":"null"}}"#, "enum"),
    ])
  func partly(schema: String, keyword: String) {
    guard case .unsupported(keyword, _, _)? = error(schema) else {
      Issue.record("\(schema): \(String(describing: error(schema)))")
      return
    }
  }

  @Test(
    "a keyword with a wrong value is refused by its name",
    arguments: [
      (#"{"type":"text"}"#, "type"), (#"{"required":true}"#, "required"),
      (#"{"minLength":-1}"#, "minLength"), (#"{"maximum":"1"}"#, "maximum"),
      (#"{"properties":[]}"#, "properties"), (#"{"anyOf":{}}"#, "anyOf"), ("[]", "schema"),
      (#"{"pattern":"("}"#, "pattern"), (#"{"pattern":"a{2,1}"}"#, "pattern"),
    ])
  func invalid(schema: String, keyword: String) {
    guard case .invalid(keyword, _, _, _)? = error(schema) else {
      Issue.record("\(schema): \(String(describing: error(schema)))")
      return
    }
  }

  @Test(
    "a reference that leads nowhere, elsewhere or to itself is refused",
    arguments: [
      "#/$defs/missing", "other.json", "http://x.y/z#/a", "#", "#/$defs/loop", "#nowhere",
    ])
  func references(reference: String) {
    let schema =
      ##"{"$ref":"\##(reference)","$defs":{"loop":{"allOf":[{"$ref":"#/$defs/loop"}]}}}"##
    guard case .unresolved? = error(schema) else {
      Issue.record("\(String(describing: error(schema)))")
      return
    }
  }

  @Test(
    "a schema that no finite value fits is refused",
    arguments: [
      "false", #"{"type":"string","enum":[1]}"#, #"{"type":"integer","minimum":2,"maximum":1}"#,
      ##"{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}"##,
      ##"{"type":"array","items":{"$ref":"#"},"minItems":1}"##,
      #"{"type":"string","pattern":"^a$","minLength":2}"#,
      #"{"type":"array","minItems":2,"maxItems":1}"#,
      #"{"type":"object","required":["a"],"additionalProperties":false}"#,
      #"{"type":"integer","exclusiveMinimum":1,"exclusiveMaximum":2}"#, #"{"anyOf":[]}"#,
    ])
  func unsatisfiable(schema: String) { #expect(error(schema) == .unsatisfiable) }

  @Test(
    "a schema that would take too much is refused, whatever makes it large",
    arguments: [
      #"{"type":"array","minItems":100000}"#, #"{"type":"string","minLength":100000}"#,
      #"{"type":"string","pattern":"(a{1000}){1000}"}"#,
      #"{"type":"string","pattern":"^(a|aa)*b[ab]{40}$|(a|b)*a(a|b){30}"}"#,
      #"{"type":"integer","multipleOf":99999}"#,
      "{\"allOf\":["
        + Array(repeating: #"{"anyOf":[{"minimum":1},{"maximum":2},{"type":"null"}]}"#, count: 12)
        .joined(separator: ",") + "]}",
    ])
  func tooLarge(schema: String) {
    guard case .tooLarge? = error(schema) else {
      Issue.record("\(String(describing: error(schema)))")
      return
    }
  }

  @Test("what is not JSON, or nested too deep, is refused")
  func malformed() {
    for schema in ["", "{", #"{"a":1,"a":2}"#, String(repeating: "[", count: 100)] {
      guard case .malformed? = error(schema) else {
        Issue.record("\(schema): \(String(describing: error(schema)))")
        continue
      }
    }
  }

  @Test("the short form makes objects, and says what it expects otherwise")
  func shorthand() throws {
    let grammar = try Grammar.shorthand(
      "title, tags[], has_people:bool, count:int, kind:photo|drawing")
    #expect(
      try grammar.allows(
        #"{"title":"a","tags":["b"],"has_people":true,"count":3,"kind":"photo"}"#))
    #expect(try !grammar.allows(#"{"title":"a"}"#))
    #expect(try !Grammar.shorthand("kind : photo | drawing").allows(#"{"kind":"film"}"#))
    for text in ["", "a,", "a:colour", "a b", "a[", "a,a", "a:b|"] {
      #expect(throws: SchemaError.self, "\(text)") { try Grammar.shorthand(text) }
    }
  }
}
