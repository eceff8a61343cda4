import HTTPTypes
import HummingbirdCore
import InternVL
import OpenAIMessages

extension ServerError {
  /// The status that tells the client whose turn it is.
  var status: HTTPResponse.Status {
    switch self {
    case .request, .conversation, .picture, .tooManyPictures, .brokenBody: .badRequest
    case .unknownRoute, .unknownModel: .notFound
    case .wrongMethod: .methodNotAllowed
    case .unauthorized: .unauthorized
    case .originNotAllowed, .hostNotAllowed: .forbidden
    case .bodyTooLarge: .contentTooLarge
    case .bodyTooSlow: .requestTimeout
    case .full, .unloadable, .notListening, .stopping, .gone: .serviceUnavailable
    case .failed: .internalServerError
    }
  }

  /// The error in OpenAI's shape.
  var reply: ErrorReply {
    if case .conversation(.promptTooLong(let tokens, let context)) = self {
      return ErrorReply(
        message: description, type: type, parameter: "messages",
        code: "context_length_exceeded", promptTokens: tokens, contextLength: context)
    }
    return ErrorReply(message: description, type: type, parameter: parameter, code: code)
  }

  private var type: String {
    switch self {
    case .unauthorized: "authentication_error"
    case .originNotAllowed, .hostNotAllowed: "permission_error"
    case .unknownRoute, .unknownModel: "not_found_error"
    case .full, .unloadable, .notListening, .stopping, .gone: "unavailable_error"
    case .failed: "server_error"
    default: "invalid_request_error"
    }
  }

  private var parameter: String? {
    switch self {
    case .request(let fault): fault.parameter
    case .conversation, .picture, .tooManyPictures: "messages"
    case .unknownModel: "model"
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

  /// The response to a request that failed before its head went out.
  ///
  /// - Parameter isOllama: whether it has ollama's shape, and not OpenAI's.
  /// - Returns: the response, with what else HTTP has to say about the error.
  func response(isOllama: Bool) -> Response {
    var response =
      isOllama
      ? Response.json(OllamaError(description), status: status)
      : Response.json(reply, status: status)
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
