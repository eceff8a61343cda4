import TestSupport
import Testing

@testable import StructuredOutput

/// What each keyword allows and what it does not.
@Suite("Keywords of JSON Schema")
struct KeywordTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let schema: String
    let fits: [String]
    let fails: [String]

    init(_ schema: String, fits: [String], fails: [String]) {
      (self.schema, self.fits, self.fails) = (schema, fits, fails)
    }

    var testDescription: String { schema }
  }

  @Test("values are allowed as the standard says", arguments: general + numbers + strings)
  func plain(row: Case) throws { try check(row) }

  @Test(
    "arrays, objects and combinations are allowed as the standard says",
    arguments: arrays + objects + combined)
  func structured(row: Case) throws { try check(row) }

  private func check(_ row: Case) throws {
    let grammar = try Grammar.of(row.schema)
    for value in row.fits { #expect(try grammar.allows(value), "\(value) fits") }
    for value in row.fails { #expect(try !grammar.allows(value), "\(value) does not fit") }
  }

  static let general = [
    Case("{}", fits: ["1", "null", "\"\"", "[1,{}]", "{\"a\":[]}"], fails: []),
    Case("true", fits: ["1"], fails: []),
    Case(#"{"type":"integer"}"#, fits: ["0", "-12"], fails: ["1.5", "\"1\"", "null"]),
    Case(#"{"type":["null","boolean"]}"#, fits: ["null", "true", "false"], fails: ["0", "{}"]),
    Case(
      #"{"enum":["a",2,null,{"b":1}]}"#, fits: ["\"a\"", "2", "null", "{\"b\":1}"], fails: ["3"]),
    Case(#"{"enum":[1,2,"x"],"type":"integer","minimum":2}"#, fits: ["2"], fails: ["1", "\"x\""]),
    Case(#"{"const":"é\n"}"#, fits: ["\"é\\n\""], fails: ["\"e\""]),
    Case(
      #"{"title":"t","description":"d","default":1,"examples":[2],"$comment":"c","x-own":3}"#,
      fits: ["1", "{}"], fails: []),
  ]

  static let numbers = [
    Case(
      #"{"type":"integer","minimum":-5,"maximum":12}"#, fits: ["-5", "0", "9", "12"],
      fails: ["-6", "13", "100"]),
    Case(
      #"{"type":"number","minimum":0.1,"exclusiveMaximum":2.5}"#,
      fits: ["0.1", "0.25", "1", "2.49999"], fails: ["0", "0.0999", "2.5", "3", "-1"]),
    Case(
      #"{"type":"number","minimum":-1e1000000,"maximum":1e1000000}"#, fits: ["-3", "1.5"], fails: []
    ),
    Case(
      #"{"type":["number","null"],"minimum":1e1000000}"#, fits: ["null"], fails: ["1", "-1"]),
    Case(
      #"{"type":"number","minimum":1,"exclusiveMinimum":true}"#, fits: ["1.01", "2"], fails: ["1"]),
    Case(
      #"{"type":"number","exclusiveMinimum":-0.5,"maximum":-0.01}"#, fits: ["-0.49", "-0.01"],
      fails: ["-0.5", "0", "-0.001"]),
    Case(
      #"{"type":"integer","multipleOf":7}"#, fits: ["0", "7", "-49", "700"], fails: ["1", "8"]),
    Case(
      #"{"type":"integer","allOf":[{"multipleOf":4},{"multipleOf":6}]}"#, fits: ["12", "24"],
      fails: ["4", "6", "8"]),
  ]

  static let strings = [
    Case(#"{"type":"string"}"#, fits: ["\"\"", #""a\"\\\n😀\u0001""#], fails: ["1"]),
    Case(
      #"{"type":"string","minLength":2,"maxLength":3}"#, fits: ["\"ab\"", "\"é😀\"", "\"abc\""],
      fails: ["\"a\"", "\"abcd\""]),
    Case(#"{"type":"string","pattern":"b+"}"#, fits: ["\"abc\""], fails: ["\"ac\""]),
    Case(
      #"{"type":"string","pattern":"^..b$"}"#, fits: [#""\"\"b""#, #""\\\"b""#], fails: [#""\"b""#]),
    Case(
      #"{"type":"string","pattern":"^[^\"]\\d{2,3}$"}"#, fits: ["\"a12\"", "\"\\\\123\""],
      fails: ["\"\\\"12\"", "\"a1\"", "\"a1234\""]),
    Case(
      #"{"type":"string","pattern":"^a|b$"}"#, fits: ["\"ax\"", "\"xb\""],
      fails: ["\"xa\"", "\"bx\""]),
    Case(
      #"{"type":"string","pattern":"^(a|b)*?$","minLength":1,"maxLength":2}"#,
      fits: ["\"ab\"", "\"a\""], fails: ["\"\"", "\"aba\"", "\"c\""]),
    Case(
      #"{"type":"string","format":"date"}"#, fits: ["\"2024-02-29\"", "\"1999-12-31\""],
      fails: ["\"2023-02-29\"", "\"2024-13-01\"", "\"24-01-01\""]),
    Case(
      #"{"type":"string","format":"date-time"}"#, fits: ["\"2024-02-29T12:00:00.5+01:00\""],
      fails: ["\"2024-02-29 12:00:00\"", "\"2024-02-29T25:00:00Z\""]),
    Case(
      #"{"type":"string","format":"ipv6"}"#,
      fits: ["\"::1\"", "\"1:2:3:4:5:6:7:8\"", "\"::1.2.3.4\""],
      fails: ["\"1:2\"", "\"1::2::3\"", "\":1\""]),
    Case(
      #"{"type":"string","format":"email"}"#, fits: ["\"a.b@c.de\""], fails: ["\"a@\"", "\".a@b\""]),
    Case(
      #"{"type":"string","format":"uri"}"#, fits: ["\"https://a.b/c?d#e\"", "\"mailto:a@b\""],
      fails: ["\"//a\"", "\"http:// a\""]),
    Case(
      #"{"type":"string","format":"uuid"}"#, fits: ["\"00000000-0000-0000-0000-00000000000f\""],
      fails: ["\"0-0\""]),
  ]

  static let arrays = [
    Case(
      #"{"type":"array","items":{"type":"integer"}}"#, fits: ["[]", "[1,2]"], fails: ["[\"a\"]"]),
    Case(
      #"{"type":"array","minItems":1,"maxItems":2}"#, fits: ["[1]", "[1,null]"],
      fails: ["[]", "[1,2,3]"]),
    Case(
      #"{"type":"array","prefixItems":[{"type":"null"},{"type":"string"}],"items":false}"#,
      fits: ["[]", "[null]", "[null,\"\"]"], fails: ["[1]", "[null,\"\",1]"]),
    Case(
      #"{"type":"array","items":[{"type":"null"}],"additionalItems":{"type":"integer"}}"#,
      fits: ["[null]", "[null,1,2]"], fails: ["[1]", "[null,null]"]),
  ]

  static let objects = [
    Case(
      #"{"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"}},"required":["b"]}"#,
      fits: [#"{"b":null}"#, #"{"a":null,"b":null}"#, #"{"b":null,"c":1}"#],
      fails: ["{}", #"{"a":null}"#, #"{"b":1}"#]),
    Case(
      #"{"type":"object","properties":{"a":true},"additionalProperties":false}"#,
      fits: ["{}", #"{"a":1}"#], fails: [#"{"b":1}"#, #"{"a":1,"b":1}"#]),
    Case(
      #"{"type":"object","properties":{"a":true},"additionalProperties":{"type":"null"}}"#,
      fits: [#"{"a":1,"ab":null}"#, #"{"":null}"#], fails: [#"{"ab":1}"#]),
    Case(
      #"{"type":"object","required":["x"],"additionalProperties":{"type":"integer"}}"#,
      fits: [#"{"x":1}"#], fails: ["{}", #"{"x":"1"}"#]),
    Case(
      #"{"type":"object","minProperties":2,"maxProperties":3,"properties":{"a":true,"b":true}}"#,
      fits: [#"{"a":1,"b":2}"#, #"{"b":1,"c":2,"d":3}"#],
      fails: ["{}", #"{"a":1}"#, #"{"a":1,"b":2,"c":3,"d":4}"#]),
    Case(
      #"{"type":"object","patternProperties":{"^i_":{"type":"integer"}},"additionalProperties":false}"#,
      fits: ["{}", #"{"i_a":1}"#], fails: [#"{"i_a":"x"}"#, #"{"a":1}"#]),
    Case(
      #"{"type":"object","properties":{"i_a":{"minimum":3}},"patternProperties":{"^i_":{"type":"integer"}}}"#,
      fits: [#"{"i_a":3}"#], fails: [#"{"i_a":2}"#, #"{"i_a":3.5}"#]),
  ]

  static let combined = [
    Case(
      #"{"anyOf":[{"type":"string"},{"type":"integer","minimum":3}]}"#, fits: ["\"\"", "3"],
      fails: ["2", "null"]),
    Case(
      #"{"allOf":[{"type":"object","properties":{"a":{"type":"integer"}}},{"required":["a"]}]}"#,
      fits: [#"{"a":1}"#], fails: ["{}", #"{"a":""}"#]),
    Case(
      #"{"oneOf":[{"type":"string"},{"type":"null"}]}"#, fits: ["\"\"", "null"], fails: ["1"]),
    Case(
      #"{"oneOf":[{"properties":{"k":{"const":"a"}},"required":["k"],"type":"object"},{"properties":{"k":{"const":"b"}},"required":["k"],"type":"object"}]}"#,
      fits: [#"{"k":"a"}"#, #"{"k":"b"}"#], fails: [#"{"k":"c"}"#]),
    Case(
      #"{"type":"string","oneOf":[{"maxLength":2},{"minLength":4}]}"#, fits: ["\"a\"", "\"abcd\""],
      fails: ["\"abc\""]),
    Case(
      ##"{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"next":{"$ref":"#/$defs/n"}},"additionalProperties":false}}}"##,
      fits: ["{}", #"{"next":{"next":{}}}"#], fails: [#"{"next":1}"#]),
    Case(
      ##"{"properties":{"a":{"$ref":"#foo"}},"type":"object","$defs":{"x":{"$anchor":"foo","type":"null"}}}"##,
      fits: [#"{"a":null}"#], fails: [#"{"a":1}"#]),
    Case(
      #"{"$id":"http://x.y/z","$ref":"http://x.y/z#/definitions/a~1b%20c","definitions":{"a/b c":{"type":"null"}}}"#,
      fits: ["null"], fails: ["1"]),
  ]
}
