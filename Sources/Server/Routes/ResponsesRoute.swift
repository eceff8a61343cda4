import HummingbirdCore
import InternVL
import OpenAIMessages

extension Interface {
  /// `POST /v1/responses`.
  func responses(_ exchange: Exchange) async throws(ServerError) -> Response {
    try await withBody(exchange, as: ResponsesRequest.init) { request async throws(ServerError) in
      try requireModel(request.model)
      let question = try await questions.question(
        request.conversation, model: request.model, options: request.options,
        delivery: request.delivery)
      let head = head("resp_", of: question, exchange.client)
      let itemID = Identifier.make("msg_")
      if request.delivery.isStreamed {
        return question.stream(
          exchange.client, as: ResponseStream(head: head, itemID: itemID, options: request.options))
      }
      let replies = try await question.replies(exchange.client)
      return .json(
        ResponseReply(head, itemID: itemID, options: request.options, reply: replies.first))
    }
  }
}
