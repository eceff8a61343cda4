package import InternVL
import JSON

/// A request of ollama's interface for an answer.
package struct OllamaRequest: Sendable {
  /// The model's name.
  package let model: String
  /// What is asked; nil where the model is only to be loaded or let go.
  package let conversation: WrittenConversation?
  package let options: GenerationOptions
  package let isStreamed: Bool
  /// How long the model is to stay without another request; nil where the server decides.
  package let keepAlive: KeepAlive?

  /// Reads a body of `/api/chat`.
  package init(chat body: [UInt8]) throws(RequestFault) {
    self = try RequestFault.reading(body) { object in
      let messages = try object.optionalObjects("messages") ?? []
      return try OllamaRequest(
        object, messages.isEmpty ? nil : Self.conversation(messages), in: body)
    }
  }

  /// Reads a body of `/api/generate`.
  package init(generate body: [UInt8]) throws(RequestFault) {
    self = try RequestFault.reading(body) { object in
      let harmless: [JSONValue] = [.bool(false), .string(""), .array([])]
      for name in ["template", "raw", "suffix", "context"] {
        guard let value = object[name], !harmless.contains(value) else { continue }
        throw RequestFault.unsupported(parameter: name, instead: "use /v1/completions")
      }
      return try OllamaRequest(object, Self.question(object), in: body)
    }
  }

  private init(
    _ object: JSONObject, _ conversation: WrittenConversation?, in body: [UInt8]
  ) throws {
    model = try object.string("model")
    self.conversation = conversation
    isStreamed = try object.bool("stream", default: true)
    keepAlive = try KeepAlive(object, "keep_alive")
    var options = try OllamaOptions.options(object.optionalObject("options"))
    options.shape = try ResponseFormat.ollamaShape(object, in: body)
    self.options = options
    try Sampling.refuseUnsupported(object)
  }

  /// Messages with their pictures in front of their text.
  private static func conversation(_ objects: [JSONObject]) throws -> WrittenConversation {
    var pictures: [PictureAddress] = []
    var messages: [Message] = []
    for (index, object) in objects.enumerated() {
      let name = try object.string("role")
      guard let role = Message.Role(rawValue: name) else {
        throw ConversationFault.unknownRole(name, message: index + 1)
      }
      messages.append(
        try message(
          role, text: object.optionalString("content") ?? "", images: object, &pictures))
    }
    return try WrittenConversation(messages: messages, pictures: pictures).checked()
  }

  /// A prompt with its system message; nil where it is empty.
  private static func question(_ object: JSONObject) throws -> WrittenConversation? {
    guard let prompt = try object.optionalString("prompt"), !prompt.isEmpty else { return nil }
    var pictures: [PictureAddress] = []
    var messages: [Message] = []
    if let system = try object.optionalString("system"), !system.isEmpty {
      messages.append(Message(role: .system, parts: [.text(system)]))
    }
    messages.append(try message(.user, text: prompt, images: object, &pictures))
    return WrittenConversation(messages: messages, pictures: pictures)
  }

  private static func message(
    _ role: Message.Role, text: String, images object: JSONObject,
    _ pictures: inout [PictureAddress]
  ) throws -> Message {
    let images = try object.optionalStrings("images") ?? []
    for (index, image) in images.enumerated() {
      do throws(AddressFault) {
        pictures.append(.inline(try PictureAddress.bytes(ofBase64: image[...])))
      } catch {
        throw RequestFault.address(
          parameter: object.keyPath("images") + "[\(index)]", error)
      }
    }
    let places = images.flatMap { _ in [Message.Part.image, .text("\n")] }
    return Message(role: role, parts: places + [.text(text)])
  }
}
