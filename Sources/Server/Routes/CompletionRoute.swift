import HummingbirdCore
import InternVL
import OpenAIMessages

extension Interface {
  /// `POST /v1/completions`.
  func completion(_ exchange: Exchange) async throws(ServerError) -> Response {
    try await withBody(exchange, as: CompletionRequest.init) {
      request async throws(ServerError) in
      try requireModel(request.model)
      let client = exchange.client
      guard request.delivery.isStreamed else {
        return .json(try await reply(to: request, client: client))
      }
      let question = try await question(of: request)
      let head = head("cmpl-", of: question, client)
      return question.stream(client, as: CompletionStream(head: head, delivery: request.delivery))
    }
  }

  /// The whole answer to a request.
  func reply(
    to request: CompletionRequest, client: Client
  ) async throws(ServerError) -> Completion {
    let question = try await question(of: request)
    let head = head("cmpl-", of: question, client)
    return Completion(
      head, replies: try await question.replies(client),
      hasLogprobs: request.options.logprobs != nil)
  }

  private func question(of request: CompletionRequest) async throws(ServerError) -> Question {
    try await questions.question(
      continuing: request.prompt, model: request.model, options: request.options,
      delivery: request.delivery)
  }
}
