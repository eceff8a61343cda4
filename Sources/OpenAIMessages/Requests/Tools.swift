import Foundation
import InternVL
import JSON

/// The functions that a request offers, one of which the answer calls.
package struct Tools: Sendable {
  /// The most functions of a request, and the longest name of one; OpenAI's limits.
  private static let mostFunctions = 128
  private static let longestName = 64

  /// Tells the model of the functions, at the end of its system message.
  package let instructions: String
  /// A call: an object with the function's `name` and its `arguments`.
  let shape: OutputShape

  /// Reads `tools` and `tool_choice` of an object of a document; nil where no function is to be called.
  ///
  /// Whether to call one is the client's decision, because a call is an answer of its own shape.
  init?(_ object: JSONObject, in document: [UInt8]) throws {
    let choice = try Choice(object)
    guard let tools = try object.optionalObjects("tools"), !tools.isEmpty else {
      guard case .none = choice else {
        throw RequestFault.needs(parameter: "tool_choice", other: "tools")
      }
      return nil
    }
    let functions = try Self.functions(tools, of: object, in: document)
    switch choice {
    case .none: return nil
    case .left:
      throw RequestFault.unsupported(
        parameter: "tool_choice",
        instead:
          "give required, none or a function, since the model does not choose whether to call")
    case .required: try self.init(functions, callable: functions)
    case .function(let name):
      guard let function = functions.first(where: { $0.name == name }) else {
        throw RequestFault.wrongValue(
          parameter: "tool_choice.function.name", found: "'\(name)'",
          expected: functions.map(\.name).joined(separator: " or "))
      }
      try self.init(functions, callable: [function])
    }
  }

  /// Whose decision a call is.
  private enum Choice {
    case none, left, required
    case function(String)

    init(_ object: JSONObject) throws {
      switch object["tool_choice"] {
      case .string("none")?: self = .none
      case nil, .null?, .string("auto")?:
        self = try object.optionalObjects("tools")?.isEmpty == false ? .left : .none
      case .string("required")?: self = .required
      case .object?:
        let choice = try object.object("tool_choice")
        guard try choice.string("type") == "function" else {
          throw choice.invalid("type", expected: "function")
        }
        self = .function(try choice.object("function").string("name"))
      default: throw object.invalid("tool_choice", expected: "required, none or a function")
      }
    }
  }

  /// A function as the client wrote it.
  private struct Function {
    let name: String
    /// The whole element of `tools`, as JSON.
    let definition: String
    /// The schema of the arguments.
    let parameters: String
  }

  private static func functions(
    _ tools: [JSONObject], of object: JSONObject, in document: [UInt8]
  ) throws -> [Function] {
    guard tools.count <= mostFunctions else {
      throw object.invalid("tools", expected: "at most \(mostFunctions) functions")
    }
    let path = object.keyPath("tools").split(separator: ".").map(String.init)
    var names: Set<String> = []
    return try tools.enumerated().map { index, tool in
      guard try tool.string("type") == "function" else {
        throw tool.invalid("type", expected: "function")
      }
      let function = try tool.object("function")
      let name = try function.string("name")
      guard isName(name), names.insert(name).inserted else {
        throw function.invalid(
          "name",
          expected: "at most \(longestName) letters, digits, _ and -, other than the names before")
      }
      _ = try function.optionalString("description")
      let place = path + ["\(index)"]
      let parameters =
        try function.optionalObject("parameters") == nil
        ? #"{"type":"object","properties":{},"additionalProperties":false}"#
        : try schema(of: name, function, at: place + ["function", "parameters"], in: document)
      return Function(
        name: name, definition: text(at: place, in: document), parameters: parameters)
    }
  }

  private static func isName(_ name: String) -> Bool {
    (1...longestName).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  /// The schema of a function's arguments, which its references stay within.
  private static func schema(
    of name: String, _ function: JSONObject, at path: [String], in document: [UInt8]
  ) throws -> String {
    do {
      _ = try OutputShape(jsonSchemaAt: path, in: document)
    } catch {
      throw RequestFault.schema(parameter: function.keyPath("parameters"), "\(error)")
    }
    let schema = try function.object("parameters")
    let text = text(at: path, in: document)
    guard schema["$id"] == nil, schema["id"] == nil else { return text }
    // JSON Schema 2020-12, 8.2.1: what has an identifier is a document of its own to its references.
    let members = text.dropFirst().drop { $0.isWhitespace }
    return #"{"$id":"\#(name)"\#(members.first == "}" ? "" : ",")\#(members)"#
  }

  private static func text(at path: [String], in document: [UInt8]) -> String {
    let range = JSONSlice.range(of: path, in: document.span.bytes) ?? 0..<0
    return String(decoding: document[range], as: UTF8.self)
  }

  private init(_ functions: [Function], callable: [Function]) throws(RequestFault) {
    let calls = callable.map { function in
      #"{"type":"object","properties":{"name":{"const":"\#(function.name)"},"#
        + #""arguments":\#(function.parameters)},"required":["name","arguments"],"#
        + #""additionalProperties":false}"#
    }
    do {
      shape = try OutputShape(
        jsonSchema: Data(#"{"anyOf":[\#(calls.joined(separator: ","))]}"#.utf8))
    } catch {
      throw .schema(parameter: "tools", "\(error)")
    }
    instructions = Self.instructions(functions.map(\.definition))
  }

  /// What Qwen2.5's and Qwen3's chat templates say of functions, whose language models InternVL3 and
  /// InternVL3.5 have.
  ///
  /// Source: `chat_template` in tokenizer_config.json of Qwen/Qwen2.5-7B-Instruct.
  private static func instructions(_ definitions: [String]) -> String {
    """
    # Tools

    You may call one or more functions to assist with the user query.

    You are provided with function signatures within <tools></tools> XML tags:
    <tools>
    \(definitions.joined(separator: "\n"))
    </tools>

    For each function call, return a json object with function name and arguments within \
    <tool_call></tool_call> XML tags:
    <tool_call>
    {"name": <function-name>, "arguments": <args-json-object>}
    </tool_call>
    """
  }
}
