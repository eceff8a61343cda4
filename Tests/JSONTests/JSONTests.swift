import Files
import Foundation
import TestSupport
import Testing

@testable import JSON

@Suite("JSON")
struct JSONTests {
  private func parse(_ text: String) throws(JSONError) -> JSONObject {
    try parse(Array(text.utf8))
  }

  private func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONObject {
    try JSONObject(bytes.span.bytes, file: "config.json")
  }

  /// The value of `{"a": text}`.
  private func value(_ text: String) throws(JSONError) -> JSONValue? {
    try parse(#"{"a": \#(text)}"#).members["a"]
  }

  private func fault(_ text: String) -> JSONFault? {
    do {
      _ = try parse(text)
      return nil
    } catch {
      guard case .malformed(let fault) = error.problem else { return nil }
      return fault
    }
  }

  @Test(
    "values are read as written",
    arguments: [
      ("null", .null), ("true", .bool(true)), ("false", .bool(false)),
      ("0", .integer(0)), ("-0", .integer(0)), ("-17", .integer(-17)),
      ("9223372036854775807", .integer(Int.max)), ("-9223372036854775808", .integer(Int.min)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)),
      ("1.5", .number(1.5)), ("1e-06", .number(1e-6)), ("2E+2", .number(200)),
      ("1e-999", .number(0)),
      (#""""#, .string("")), (#""a\"\\\/\b\f\n\r\t""#, .string("a\"\\/\u{8}\u{C}\n\r\t")),
      (#""\u00e9\uD83D\uDE00 é😀""#, .string("é😀 é😀")), (#""\u0000""#, .string("\0")),
      ("[]", .array([])),
      ("[1, [2], {}]", .array([.integer(1), .array([.integer(2)]), .object([:])])),
      (#"{"b":{"c":null}}"#, .object(["b": .object(["c": .null])])),
    ] as [(String, JSONValue)])
  func values(text: String, expected: JSONValue) throws {
    #expect(try value(text) == expected)
  }

  @Test(
    "what is not JSON is refused",
    arguments: [
      "", " ", "{", "}", "[1]", "{}x", "{}{}", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#,
      #"{"a":1 "b":2}"#, #"{a:1}"#, #"{'a':1}"#, #"{1:1}"#, #"{"a":[1,]}"#, #"{"a":[1 2]}"#,
      #"{"a":tru}"#, #"{"a":True}"#, #"{"a":NaN}"#, #"{"a":Infinity}"#, #"{"a":-Infinity}"#,
      #"{"a":01}"#, #"{"a":-}"#, #"{"a":+1}"#, #"{"a":.5}"#, #"{"a":1.}"#, #"{"a":1e}"#,
      #"{"a":1e+}"#, #"{"a":0x10}"#, #"{"a":1e999}"#, #"{"a":-1e999}"#,
      #"{"a":"#, #"{"a":""#, #"{"a":"\"#, #"{"a":"\u12"#, #"{"a":"\x"}"#, #"{"a":"\u12g4"}"#,
      #"{"a":"\uD800"}"#, #"{"a":"\uDC00"}"#, #"{"a":"\uD800\u0041"}"#, #"{"a":"\uD800\n"}"#,
      "{\"a\":\"\n\"}", "{\"a\":\"\u{1}\"}", "\u{FEFF}{}", "/**/{}",
    ])
  func refused(text: String) {
    #expect(fault(text) != nil)
  }

  @Test("strings must be UTF-8")
  func invalidUTF8() {
    for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] {
      let document = Array(#"{"a":""#.utf8) + bytes + Array(#""}"#.utf8)
      #expect(
        throws: JSONError(
          file: "config.json", .malformed(JSONFault(offset: 5, problem: .badString)))
      ) { try parse(document) }
    }
  }

  @Test("a key may stand only once in an object")
  func duplicateKey() {
    #expect(
      fault(#"{"a":{"b":1,"b":1}}"#) == JSONFault(offset: 12, problem: .duplicateKey("b")))
  }

  @Test("depth, number of values and length of numbers are limited")
  func limits() throws {
    let depth = JSONParser.maximumDepth
    let nested = { (levels: Int) in
      String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }
    #expect(throws: Never.self) { try value(nested(depth)) }
    #expect(fault(#"{"a":\#(nested(depth + 1))}"#)?.problem == .tooDeep(limit: depth))
    #expect(
      fault(#"{"a":\#(String(repeating: "[", count: 1 << 20))"#)?.problem == .tooDeep(limit: depth))
    #expect(fault(#"{"a":1\#(String(repeating: "0", count: 600))}"#)?.problem == .badNumber)
    let many = JSONParser.maximumValues
    let list = String(repeating: "0,", count: many) + "0"
    #expect(fault(#"{"a":[\#(list)]}"#)?.problem == .tooManyValues(limit: many))
  }

  @Test("a file larger than the limit is refused before it is read")
  func tooLarge() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("", to: "config.json")
    let limit = JSONObject.maximumBytes
    try FileHandle(forWritingTo: file).truncate(atOffset: UInt64(limit + 1))
    #expect(
      throws: JSONError(
        file: "config.json",
        .malformed(JSONFault(offset: limit, problem: .tooLarge(limit: limit))))
    ) { try JSONObject(contentsOf: file) }
  }

  @Test("typed access gives values and defaults; null counts as absent")
  func access() throws {
    let object = try parse(
      """
      {"integer": 7, "whole": 8.0, "number": 1e-6, "bool": true, "text": "x", "nothing": null,
       "object": {"inner": {"key": 3}}, "list": ["a", "b"], "empty": []}
      """)
    #expect(try object.integer("integer", in: 1...10) == 7)
    #expect(try object.integer("whole", in: 1...10) == 8)
    #expect(try object.integer("nothing", in: 1...10, default: 4) == 4)
    #expect(try object.optionalInteger("nothing", in: 1...10) == nil)
    #expect(try object.optionalInteger("absent", in: 1...10) == nil)
    #expect(try object.number("number", in: 0...1) == 1e-6)
    #expect(try object.number("integer", in: 0...10) == 7)
    #expect(try object.number("absent", in: 0...10, default: 2) == 2)
    #expect(try object.optionalNumber("absent", in: 0...10) == nil)
    #expect(try object.bool("bool"))
    #expect(try object.bool("absent", default: false) == false)
    #expect(try object.optionalBool("nothing") == nil)
    #expect(try object.string("text") == "x")
    #expect(try object.string("absent", default: "y") == "y")
    #expect(try object.optionalString("nothing") == nil)
    #expect(try object.object("object").object("inner").integer("key", in: 0...9) == 3)
    #expect(try object.optionalObject("nothing") == nil)
    #expect(try object.optionalStrings("list") == ["a", "b"])
    #expect(try object.optionalStrings("empty") == [])
    #expect(try object.optionalStrings("absent") == nil)
    #expect(object["text"] == .string("x"))
    #expect(object["nothing"] == nil)
  }

  @Test("a wrong value is named with its file, its path, what it is and what it should be")
  func wrongValues() throws {
    let object = try parse(
      #"{"llm_config": {"hidden_size": 0, "text": 5, "big": 1e300, "list": [1, "x"]}}"#)
    let inner = try object.object("llm_config")
    func message(_ body: () throws -> Void) -> String? {
      #expect(throws: JSONError.self) { try body() }?.description
    }
    #expect(
      message { _ = try inner.integer("hidden_size", in: 1...65536) }
        == "config.json: llm_config.hidden_size is 0; expected 1…65536")
    #expect(
      message { _ = try inner.integer("absent", in: 2...2) }
        == "config.json: llm_config.absent is missing; expected 2")
    #expect(
      message { _ = try inner.string("text") }
        == "config.json: llm_config.text is 5; expected a string")
    #expect(
      message { _ = try inner.integer("big", in: 1...65536) }
        == "config.json: llm_config.big is 1e+300; expected 1…65536")
    #expect(
      message { _ = try inner.number("big", in: 0...1) }
        == "config.json: llm_config.big is 1e+300; expected 0.0…1.0")
    #expect(
      message { _ = try inner.bool("text") }
        == "config.json: llm_config.text is 5; expected true or false")
    #expect(
      message { _ = try inner.object("text") }
        == "config.json: llm_config.text is 5; expected an object")
    #expect(
      message { _ = try object.string("llm_config") }
        == "config.json: llm_config is an object of 4; expected a string")
    #expect(
      message { _ = try inner.optionalStrings("list") }
        == "config.json: llm_config.list is a list of 2; expected a list of strings")
  }

  @Test("a file that is not there is told")
  func missingFile() {
    #expect(
      throws: JSONError(file: "absent.json", .unreadable(.system(code: ENOENT)))
    ) { try JSONObject(contentsOf: URL(filePath: "/nowhere/absent.json")) }
  }

  @Test("lists of objects name the place of each")
  func lists() throws {
    let object = try parse(#"{"specs": [{"size": 1}, {"size": "x"}, 3], "names": ["a"]}"#)
    #expect(throws: value("specs[2]", "3", "an object")) { try object.objects("specs") }
    #expect(throws: value("specs", "a list of 3", "an object")) { try object.object("specs") }
    let sizes = try parse(#"{"specs": [{"size": 1}, {"size": "x"}]}"#).objects("specs")
    #expect(try sizes[0].integer("size", in: 1...9) == 1)
    #expect(throws: value("specs[1].size", "\"x\"", "1…9")) {
      try sizes[1].integer("size", in: 1...9)
    }
    #expect(try object.strings("names") == ["a"])
    #expect(throws: value("absent", "missing", "a list of strings")) {
      try object.strings("absent")
    }
    #expect(try object.optionalObjects("absent") == nil)
  }

  @Test("a key that means nothing is refused, unless it is passed over")
  func unknownKeys() throws {
    let object = try parse(#"{"specs": [{"size": 1, "siez": 2, "note": ""}]}"#)
    let spec = try object.objects("specs")[0]
    let error = #expect(throws: JSONError.self) {
      try spec.refuseUnknownKeys(["size"], besides: ["note"])
    }
    #expect(
      error?.description == "config.json: specs[0].siez means nothing here; known are size")
    #expect(throws: Never.self) { try spec.refuseUnknownKeys(["size", "siez"], besides: ["note"]) }
  }

  /// The error for a value of config.json.
  private func value(_ key: String, _ found: String, _ expected: String) -> JSONError {
    JSONError(file: "config.json", .value(key: key, found: found, expected: expected))
  }
}
