package import InternVL
import JSON

/// A request of OpenAI's responses interface, as far as it keeps nothing between requests.
package struct ResponsesRequest: Sendable {
  /// The model's name; nil for the server's first.
  package let model: String?
  package let conversation: WrittenConversation
  package let options: GenerationOptions
  package let delivery: Delivery

  /// Reads a body.
  package init(_ body: [UInt8]) throws(RequestFault) {
    self = try RequestFault.reading(body) { try ResponsesRequest($0, in: body) }
  }

  private init(_ object: JSONObject, in document: [UInt8]) throws {
    model = try object.optionalString("model")
    conversation = try Self.conversation(object)
    var delivery = Delivery()
    delivery.isStreamed = try object.bool("stream", default: false)
    self.delivery = delivery
    var options = try Sampling.options(object)
    options.maxTokens = try Sampling.maxTokens(object, ["max_output_tokens"])
    options.shape = try ResponseFormat.responseShape(object, in: document)
    self.options = options
    try Sampling.refuseUnsupported(object)
    try Self.refuseUnsupported(object)
  }

  /// The input, a text or a list of messages, behind the instructions.
  private static func conversation(_ object: JSONObject) throws -> WrittenConversation {
    var conversation: WrittenConversation
    if case .string(let text)? = object["input"] {
      conversation = WrittenConversation(
        messages: [Message(role: .user, parts: [.text(text)])], pictures: [])
    } else {
      conversation = try WrittenConversation(object.objects("input"), by: .program)
    }
    guard let instructions = try object.optionalString("instructions") else {
      return conversation
    }
    guard conversation.messages.first?.role != .system else {
      throw RequestFault.unsupported(
        parameter: "instructions", instead: "the input already begins with a system message")
    }
    conversation.messages.insert(
      Message(role: .system, parts: [.text(instructions)]), at: 0)
    return conversation
  }

  private static func refuseUnsupported(_ object: JSONObject) throws {
    for name in ["previous_response_id", "conversation", "prompt"] where object[name] != nil {
      throw RequestFault.unsupported(
        parameter: name, instead: "nothing is kept; send the whole conversation as input")
    }
    if try object.bool("background", default: false) {
      throw RequestFault.unsupported(parameter: "background", instead: "use stream")
    }
  }
}
