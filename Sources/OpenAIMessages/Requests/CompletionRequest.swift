package import InternVL
import JSON

/// A request to continue a text.
package struct CompletionRequest: Sendable {
  /// The model's name; nil for the server's first.
  package let model: String?
  package let prompt: String
  package let options: GenerationOptions
  package let delivery: Delivery

  /// Reads a body.
  package init(_ body: [UInt8]) throws(RequestFault) {
    self = try RequestFault.reading(body) { try CompletionRequest(wholly: $0, in: body) }
  }

  /// Reads an object of a document that is a whole request.
  init(wholly object: JSONObject, in document: [UInt8]) throws {
    model = try object.optionalString("model")
    prompt = try Self.prompt(object)
    delivery = try Delivery(object)
    var options = try Sampling.options(object)
    options.maxTokens = try Sampling.maxTokens(object, ["max_tokens"])
    options.logprobs = try object.optionalInteger("logprobs", in: 0...20)
    options.shape = try ResponseFormat.shape(object, in: document)
    self.options = options
    try Sampling.refuseUnsupported(object)
    try Self.refuseUnsupported(object, answers: delivery.count)
  }

  /// One text, also as a list of one.
  private static func prompt(_ object: JSONObject) throws -> String {
    switch object["prompt"] {
    case .string(let text)?: return text
    case .array(let elements)?:
      guard elements.count == 1, case .string(let text) = elements[0] else {
        throw RequestFault.unsupported(parameter: "prompt", instead: "give one text a request")
      }
      return text
    default: throw object.invalid("prompt", expected: "a text")
    }
  }

  private static func refuseUnsupported(_ object: JSONObject, answers: Int) throws {
    if try object.bool("echo", default: false) {
      throw RequestFault.unsupported(parameter: "echo", instead: "put the prompt in front yourself")
    }
    if let suffix = try object.optionalString("suffix"), !suffix.isEmpty {
      throw RequestFault.unsupported(parameter: "suffix", instead: "the model continues texts only")
    }
    if let best = try object.optionalInteger("best_of", in: 1...Int.max), best > answers {
      throw RequestFault.unsupported(parameter: "best_of", instead: "use n")
    }
  }
}
