import Foundation
import InternVL
import Testing

@testable import OpenAIMessages

@Suite("Shapes that requests ask for")
struct ResponseFormatTests {
  private static let schema =
    #"{"type":"object","properties":{"z":{"type":"null"},"a":{"type":"null"}},"required":["z","a"]}"#

  private func chat(_ format: String) -> String {
    #"{"messages":[{"role":"user","content":"Hi"}],"response_format":\#(format)}"#
  }

  /// Whether properties are asked for in the order of the schema, and nothing else fits.
  private func expectSchema(_ options: GenerationOptions) throws {
    let shape = try #require(options.shape)
    #expect(shape.allows(Data(#"{"z":null,"a":null}"#.utf8)) == true)
    #expect(shape.allows(Data(#"{"a":null,"z":null}"#.utf8)) == false)
  }

  @Test("a chat completion may ask for text, any object or a schema")
  func chatCompletion() throws {
    let named = #"{"type":"json_schema","json_schema":{"name":"n","schema":\#(Self.schema)}}"#
    try expectSchema(ChatRequest(Array(chat(named).utf8)).options)
    let object = try ChatRequest(Array(chat(#"{"type":"json_object"}"#).utf8)).options.shape
    #expect(object?.allows(Data(#"{"x":[1]}"#.utf8)) == true)
    #expect(object?.allows(Data("[]".utf8)) == false)
    #expect(try ChatRequest(Array(chat(#"{"type":"text"}"#).utf8)).options.shape == nil)
  }

  @Test("a row of a batch may ask for a schema")
  func batch() throws {
    let named = #"{"type":"json_schema","json_schema":{"schema":\#(Self.schema)}}"#
    let row = try BatchRow(
      Array(#"{"custom_id":"1","url":"/v1/chat/completions","body":\#(chat(named))}"#.utf8))
    guard case .chat(let request) = try row.request() else {
      Issue.record("no chat")
      return
    }
    try expectSchema(request.options)
  }

  @Test("the responses interface and ollama's ask for a schema in their own places")
  func others() throws {
    let response =
      #"{"input":"Hi","text":{"format":{"type":"json_schema","name":"n","schema":\#(Self.schema)}}}"#
    try expectSchema(ResponsesRequest(Array(response.utf8)).options)
    let ollama = #"{"model":"m","prompt":"Hi","format":\#(Self.schema)}"#
    try expectSchema(OllamaRequest(generate: Array(ollama.utf8)).options)
    let any = try OllamaRequest(
      generate: Array(#"{"model":"m","prompt":"Hi","format":"json"}"#.utf8))
    #expect(any.options.shape?.allows(Data("{}".utf8)) == true)
  }

  @Test("a schema that cannot be used is refused with its place and the keyword")
  func refused() {
    let format = #"{"type":"json_schema","json_schema":{"schema":{"not":{}}}}"#
    #expect(
      throws: RequestFault.schema(
        parameter: "response_format.json_schema.schema", "'not' at # is not supported")
    ) { try ChatRequest(Array(chat(format).utf8)) }
  }
}
