package import InternVL
import JSON

/// A request for a chat completion.
package struct ChatRequest: Sendable {
  /// The model's name; nil for the server's first.
  package let model: String?
  package let conversation: WrittenConversation
  package let options: GenerationOptions
  package let delivery: Delivery
  /// The functions of which the answer calls one; nil for a text.
  package let tools: Tools?

  /// Reads a body.
  package init(_ body: [UInt8]) throws(RequestFault) {
    self = try RequestFault.reading(body) { try ChatRequest(wholly: $0, in: body) }
  }

  /// Reads an object of a document that is a whole request.
  init(wholly object: JSONObject, in document: [UInt8]) throws {
    model = try object.optionalString("model")
    conversation = try WrittenConversation(object.objects("messages"), by: .program)
    delivery = try Delivery(object)
    var options = try Sampling.options(object)
    options.maxTokens = try Sampling.maxTokens(object, ["max_completion_tokens", "max_tokens"])
    options.logprobs = try Self.logprobs(object)
    options.shape = try ResponseFormat.shape(object, in: document)
    tools = try Tools(object, in: document)
    if let tools {
      try Self.refuseOtherShapes(object, options)
      options.shape = tools.shape
    }
    self.options = options
    try Sampling.refuseUnsupported(object, besides: ["tools", "tool_choice"])
    try Self.requireText(object)
  }

  /// How many likely tokens are reported beside each; nil reports nothing.
  private static func logprobs(_ object: JSONObject) throws -> Int? {
    let count = try object.optionalInteger("top_logprobs", in: 0...20)
    guard try object.bool("logprobs", default: false) else {
      guard count ?? 0 == 0 else {
        throw RequestFault.needs(parameter: "top_logprobs", other: "logprobs to be true")
      }
      return nil
    }
    return count ?? 0
  }

  /// Refuses what would change or cut the JSON of a call.
  private static func refuseOtherShapes(
    _ object: JSONObject, _ options: GenerationOptions
  ) throws(RequestFault) {
    if options.shape != nil {
      throw .unsupported(
        parameter: "response_format", instead: "a call has the form of its function's parameters")
    }
    if !options.stop.isEmpty {
      throw .unsupported(parameter: "stop", instead: "a call ends by itself")
    }
  }

  private static func requireText(_ object: JSONObject) throws {
    guard let kinds = try object.optionalStrings("modalities"), kinds != ["text"] else { return }
    throw RequestFault.unsupported(parameter: "modalities", instead: "answers are text")
  }
}
