import HTTPTypes
import HummingbirdCore
import InternVL
import OpenAIMessages

extension ServerError {
  /// The status that tells the client whose turn it is.
  var status: HTTPResponse.Status {
    switch self {
    case .request, .conversation, .picture, .tooManyPictures, .brokenBody, .noModelNamed:
      .badRequest
    case .unknownRoute, .unknownModel: .notFound
    case .wrongMethod: .methodNotAllowed
    case .unauthorized: .unauthorized
    case .originNotAllowed, .hostNotAllowed: .forbidden
    case .bodyTooLarge: .contentTooLarge
    case .bodyTooSlow: .requestTimeout
    case .full, .unloadable, .notListening, .stopping, .gone: .serviceUnavailable
    case .failed, .noCertificate, .noKey, .otherKey: .internalServerError
    }
  }

  /// The error in OpenAI's shape.
  ///
  /// - Parameter prompt: the parameter that has the conversation or the text.
  /// - Returns: what a client gets.
  func reply(prompt: String = "messages") -> ErrorReply {
    if case .conversation(.promptTooLong(let tokens, let context)) = self {
      return ErrorReply(
        message: description, type: type, parameter: prompt,
        code: "context_length_exceeded", promptTokens: tokens, contextLength: context)
    }
    return ErrorReply(message: description, type: type, parameter: parameter(prompt), code: code)
  }

  private var type: String {
    switch self {
    case .unauthorized: "authentication_error"
    case .originNotAllowed, .hostNotAllowed: "permission_error"
    case .unknownRoute, .unknownModel: "not_found_error"
    case .full, .unloadable, .notListening, .stopping, .gone: "unavailable_error"
    case .failed, .noCertificate, .noKey, .otherKey: "server_error"
    default: "invalid_request_error"
    }
  }

  private func parameter(_ prompt: String) -> String? {
    switch self {
    case .conversation(.shapeTooLong): nil
    case .request(.conversation), .conversation, .picture, .tooManyPictures: prompt
    case .request(let fault): fault.parameter
    case .unknownModel, .noModelNamed: "model"
    default: nil
    }
  }

  private var code: String? {
    switch self {
    case .unknownModel: "model_not_found"
    case .unauthorized: "invalid_api_key"
    case .picture: "invalid_image"
    case .full: "queue_full"
    default: nil
    }
  }

  /// What has the prompt where it is not a list of messages, by path.
  private static let promptParameters = ["/completions": "prompt", "/responses": "input"]

  /// The response to a request that failed before its head went out.
  ///
  /// - Parameter path: the request's; it says whether the error has ollama's shape or OpenAI's.
  /// - Returns: the response, with what else HTTP has to say about the error.
  func response(to path: String) -> Response {
    var response =
      path.hasPrefix("/api/")
      ? Response.json(OllamaError(description), status: status)
      : Response.json(
        reply(prompt: Self.promptParameters[path] ?? "messages"), status: status)
    switch self {
    case .full, .unloadable, .stopping: response.headers[.retryAfter] = "1"
    case .wrongMethod(_, let allowed): response.headers[.allow] = allowed.joined(separator: ", ")
    case .unauthorized: response.headers[.wwwAuthenticate] = "Bearer"
    // The rest of such a body is not read.
    case .bodyTooLarge, .bodyTooSlow, .brokenBody: response.headers[.connection] = "close"
    default: break
    }
    return response
  }
}
