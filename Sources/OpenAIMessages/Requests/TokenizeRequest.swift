import JSON

/// A request to turn text into tokens: a text, or a conversation as a model reads it.
package struct TokenizeRequest: Sendable {
  package enum Content: Sendable {
    case text(String)
    case conversation(WrittenConversation)
  }

  /// The model's name; nil for the server's first.
  package let model: String?
  package let content: Content
  /// Whether each token's text is wanted too.
  package let wantsTexts: Bool

  /// Reads a body.
  package init(_ body: [UInt8]) throws(RequestFault) {
    self = try RequestFault.reading(body) { try TokenizeRequest($0) }
  }

  private init(_ object: JSONObject) throws {
    model = try object.optionalString("model")
    wantsTexts = try object.bool("return_token_strs", default: false)
    // llama.cpp's clients call it the content.
    let text = try object.optionalString("prompt") ?? object.optionalString("content")
    if object["messages"] != nil {
      content = .conversation(
        try WrittenConversation(object.objects("messages"), by: .program))
    } else {
      content = .text(try text ?? object.string("prompt"))
    }
  }
}

/// A request to turn tokens into text.
package struct DetokenizeRequest: Sendable {
  /// The model's name; nil for the server's first.
  package let model: String?
  package let tokens: [Int32]

  /// Reads a body.
  package init(_ body: [UInt8]) throws(RequestFault) {
    self = try RequestFault.reading(body) { try DetokenizeRequest($0) }
  }

  private init(_ object: JSONObject) throws {
    model = try object.optionalString("model")
    guard let values = try object.optionalArray("tokens") else {
      throw object.invalid("tokens", expected: "a list of token ids")
    }
    tokens = try values.map { value in
      guard case .integer(let id) = value, let token = Int32(exactly: id), token >= 0 else {
        throw object.invalid("tokens", expected: "a list of token ids")
      }
      return token
    }
  }
}
