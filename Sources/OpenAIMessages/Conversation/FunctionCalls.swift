import Foundation
import InternVL
import JSON

/// Calls of functions and their results as the text of a conversation.
///
/// Source: `chat_template` in tokenizer_config.json of Qwen/Qwen2.5-7B-Instruct.
enum FunctionCalls {
  /// The calls of a message of the model; nil where there are none.
  static func text(_ message: JSONObject) throws -> String? {
    guard let calls = try message.optionalObjects("tool_calls"), !calls.isEmpty else { return nil }
    return try calls.map { call in
      let function = try call.object("function")
      let name = String(decoding: WireJSON.bytes(try function.string("name")), as: UTF8.self)
      let arguments = try function.string("arguments")
      return "<tool_call>\n{\"name\": \(name), \"arguments\": \(arguments)}\n</tool_call>"
    }.joined(separator: "\n")
  }

  /// What a function returned, as a part of the user's message.
  static func result(_ content: [Message.Part]) -> [Message.Part] {
    [.text("<tool_response>\n")] + content + [.text("\n</tool_response>")]
  }
}
