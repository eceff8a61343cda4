import HummingbirdCore
import InternVL
import OpenAIMessages

extension Interface {
  /// `POST /v1/chat/completions`.
  func chat(_ exchange: Exchange) async throws(ServerError) -> Response {
    try await withBody(exchange, as: ChatRequest.init) { request async throws(ServerError) in
      try requireModel(request.model)
      let client = exchange.client
      guard request.delivery.isStreamed else {
        return .json(try await reply(to: request, client: client))
      }
      let question = try await question(of: request)
      let head = head("chatcmpl-", of: question, client)
      return question.stream(
        client,
        as: ChatStream(head: head, delivery: request.delivery, isCall: request.tools != nil))
    }
  }

  /// The whole answer to a request.
  func reply(
    to request: ChatRequest, client: Client
  ) async throws(ServerError) -> ChatCompletion {
    let question = try await question(of: request)
    let head = head("chatcmpl-", of: question, client)
    return ChatCompletion(
      head, replies: try await question.replies(client),
      hasLogprobs: request.options.logprobs != nil, isCall: request.tools != nil)
  }

  private func question(of request: ChatRequest) async throws(ServerError) -> Question {
    try await questions.question(
      request.conversation, instructions: request.tools?.instructions, model: request.model,
      options: request.options, delivery: request.delivery)
  }
}
