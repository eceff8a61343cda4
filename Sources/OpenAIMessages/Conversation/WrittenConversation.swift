package import InternVL
package import JSON

/// Messages as JSON writes them, with the addresses of their pictures.
package struct WrittenConversation: Sendable, Equatable {
  package var messages: [Message]
  /// Where the pictures are, in the order of their places in the messages.
  package var pictures: [PictureAddress]

  package init(messages: [Message], pictures: [PictureAddress]) {
    self.messages = messages
    self.pictures = pictures
  }

  /// Who wrote the messages.
  package enum Author {
    /// A person, whose misspelt keys are refused: with them a picture would be passed over.
    case person
    /// A program, whose keys for other servers are passed over.
    case program
  }

  /// Reads OpenAI's messages: each has a role, and a content that is a text or a list of parts.
  ///
  /// A picture stands where its part does, and a line feed follows it.
  ///
  /// - Parameters:
  ///   - objects: the messages.
  ///   - author: who wrote them.
  ///   - hasPlaceholders: whether `<image>` in a text stands for a picture; otherwise it is text.
  ///   - mayEndAnswered: whether the model's message may be the last one.
  /// - Throws: `JSONError` for a value of another type, `ConversationFault` for what cannot be done.
  package init(
    _ objects: [JSONObject], by author: Author, hasPlaceholders: Bool = false,
    mayEndAnswered: Bool = false
  ) throws {
    messages = []
    pictures = []
    var followsResult = false
    for (index, object) in objects.enumerated() {
      if author == .person {
        try object.refuseUnknownKeys(["role", "content"], besides: Self.otherKeys)
      }
      let isResult = try author == .program && object.string("role") == "tool"
      let written =
        isResult
        ? Message(
          role: .user, parts: try FunctionCalls.result(parts(of: object, number: index + 1)))
        : try message(object, number: index + 1, by: author)
      if isResult, followsResult, let last = messages.popLast() {
        messages.append(Message(role: .user, parts: last.parts + [.text("\n")] + written.parts))
      } else {
        messages.append(
          hasPlaceholders ? Message(role: written.role, content: written.content) : written)
      }
      followsResult = isResult
    }
    try checkRoles(mayEndAnswered: mayEndAnswered)
  }

  /// The conversation, when it ends with the user's message and begins with the only one of the system.
  func checked() throws(ConversationFault) -> WrittenConversation {
    try checkRoles()
    return self
  }

  private func checkRoles(mayEndAnswered: Bool = false) throws(ConversationFault) {
    let last = messages.last?.role
    guard last == .user || mayEndAnswered && last == .assistant else { throw .lastMessageNotUser }
    guard messages.dropFirst().allSatisfy({ $0.role != .system }) else {
      throw .systemMessageNotFirst
    }
  }

  /// What messages of OpenAI's interface hold beside role and content, which changes no prompt.
  private static let otherKeys: Set = [
    "name", "refusal", "annotations", "audio", "function_call", "tool_calls",
  ]

  private mutating func message(
    _ object: JSONObject, number: Int, by author: Author
  ) throws -> Message {
    let name = try object.string("role")
    // OpenAI's newer name of the system message.
    guard let role = name == "developer" ? .system : Message.Role(rawValue: name) else {
      throw ConversationFault.unknownRole(name, message: number)
    }
    guard author == .program, role == .assistant, let calls = try FunctionCalls.text(object) else {
      return Message(role: role, parts: try parts(of: object, number: number))
    }
    // A message that only calls has no content.
    let parts = object["content"] == nil ? [] : try parts(of: object, number: number)
    return Message(role: role, parts: parts + [.text(parts.isEmpty ? calls : "\n\(calls)")])
  }

  private mutating func parts(of object: JSONObject, number: Int) throws -> [Message.Part] {
    switch object["content"] {
    case .string(let text)?: return [.text(text)]
    case .array?:
      var parts: [Message.Part] = []
      for part in try object.objects("content") { parts += try read(part, message: number) }
      return parts
    default: throw object.invalid("content", expected: "a text or a list of parts")
    }
  }

  /// A part's share of a message; its picture joins the others.
  private mutating func read(_ part: JSONObject, message: Int) throws -> [Message.Part] {
    let type = try part.string("type")
    switch type {
    case "text", "input_text", "output_text":
      guard let text = try part.optionalString("text") else {
        throw ConversationFault.emptyPart(type: type, message: message)
      }
      return [.text(text)]
    case "image_url", "input_image":
      guard let address = try Self.address(part) else {
        throw ConversationFault.emptyPart(type: type, message: message)
      }
      do throws(AddressFault) {
        pictures.append(try PictureAddress(address))
      } catch {
        throw ConversationFault.badAddress(.message(message), error)
      }
      return [.image, .text("\n")]
    default:
      throw ConversationFault.unknownPart(type: type, message: message)
    }
  }

  /// The address in `{"url": "…"}`, or the address alone.
  private static func address(_ part: JSONObject) throws(JSONError) -> String? {
    if case .string(let address)? = part["image_url"] { return address }
    return try part.optionalObject("image_url")?.string("url")
  }
}
