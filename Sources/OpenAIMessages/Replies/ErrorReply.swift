/// An error in OpenAI's shape.
package struct ErrorReply: Encodable, Sendable {
  package struct Details: Encodable, Sendable {
    package let message: String
    package let type: String
    package let param: String?
    package let code: String?
    /// Of a prompt that is too long.
    package let nPromptTokens: Int?
    package let nCtx: Int?
  }

  package let error: Details

  package init(
    message: String, type: String, parameter: String? = nil, code: String? = nil,
    promptTokens: Int? = nil, contextLength: Int? = nil
  ) {
    error = Details(
      message: message, type: type, param: parameter, code: code, nPromptTokens: promptTokens,
      nCtx: contextLength)
  }
}
