import Foundation
import InternVL
import Testing

@testable import OpenAIMessages

@Suite("Functions that requests offer")
struct ToolsTests {
  private func request(
    _ tools: String, choice: String = #""required""#, messages: String? = nil
  ) throws -> ChatRequest {
    let messages = messages ?? #"[{"role": "user", "content": "Hi"}]"#
    return try ChatRequest(
      Array(#"{"messages": \#(messages), "tools": \#(tools), "tool_choice": \#(choice)}"#.utf8))
  }

  private func function(_ name: String, _ parameters: String) -> String {
    #"{"type": "function", "function": {"name": "\#(name)", "parameters": \#(parameters)}}"#
  }

  @Test("a call has the name of one function, and its arguments")
  func shape() throws {
    let tools = [("a", "integer"), ("b", "string")].map { name, type in
      function(
        name,
        ##"{"type": "object", "properties": {"x": {"$ref": "#/$defs/n"}}, "required": ["x"], "##
          + ##""$defs": {"n": {"type": "\##(type)"}}}"##)
    }
    let shape = try #require(
      request("[\(tools.joined(separator: ","))]").options.shape)
    #expect(shape.allows(Data(#"{"name":"a","arguments":{"x":1}}"#.utf8)) == true)
    #expect(shape.allows(Data(#"{"name":"b","arguments":{"x":"1"}}"#.utf8)) == true)
    #expect(shape.allows(Data(#"{"name":"b","arguments":{"x":1}}"#.utf8)) == false)
    #expect(shape.allows(Data(#"{"name":"c","arguments":{}}"#.utf8)) == false)
  }

  @Test("the model is told of the functions as the client wrote them")
  func instructions() throws {
    let tool = function("a", #"{"type": "object"}"#)
    let tools = try #require(request("[\(tool)]").tools)
    #expect(tools.instructions.contains("<tools>\n\(tool)\n</tools>"))
  }

  @Test("calls and results of earlier turns are texts of the model's and of the user's")
  func history() throws {
    let conversation = try request(
      "[\(function("a", #"{"type": "object"}"#))]",
      messages: #"""
        [{"role": "user", "content": "Hi"},
         {"role": "assistant", "content": null, "tool_calls": [
           {"id": "1", "type": "function", "function": {"name": "a", "arguments": "{\"x\":1}"}}]},
         {"role": "tool", "tool_call_id": "1", "content": "rain"},
         {"role": "tool", "tool_call_id": "2", "content": "sun"}]
        """#
    ).conversation
    #expect(conversation.messages.map(\.role) == [.user, .assistant, .user])
    #expect(
      conversation.messages[1].content
        == "<tool_call>\n{\"name\": \"a\", \"arguments\": {\"x\":1}}\n</tool_call>")
    #expect(
      conversation.messages[2].content
        == "<tool_response>\nrain\n</tool_response>\n<tool_response>\nsun\n</tool_response>")
  }

  @Test(
    "what cannot be a function, or be called, is refused with its place",
    arguments: [
      (#"[{"type": "search"}]"#, #""required""#, "tools[0].type"),
      (
        #"[{"type": "function", "function": {"name": "a b"}}]"#, #""required""#,
        "tools[0].function.name"
      ),
      (
        #"[{"type": "function", "function": {"name": "a", "parameters": {"not": {}}}}]"#,
        #""required""#, "tools[0].function.parameters"
      ),
      (
        #"[{"type": "function", "function": {"name": "a"}}]"#,
        #"{"type": "function", "function": {"name": "b"}}"#, "tool_choice.function.name"
      ),
      (#"[{"type": "function", "function": {"name": "a"}}]"#, #""perhaps""#, "tool_choice"),
      ("[]", #""required""#, "tool_choice"),
    ])
  func refused(tools: String, choice: String, place: String) {
    let fault = #expect(throws: RequestFault.self) { try request(tools, choice: choice) }
    #expect(fault?.parameter == place)
  }
}
