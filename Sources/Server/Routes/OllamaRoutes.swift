import FoundationEssentials
import HummingbirdCore
import InternVL
import OpenAIMessages

extension Interface {
  /// `POST /api/chat`.
  func ollamaChat(_ exchange: Exchange) async throws(ServerError) -> Response {
    try await ollama(exchange, .chat, OllamaRequest.init(chat:))
  }

  /// `POST /api/generate`.
  func ollamaGenerate(_ exchange: Exchange) async throws(ServerError) -> Response {
    try await ollama(exchange, .generate, OllamaRequest.init(generate:))
  }

  private func ollama(
    _ exchange: Exchange, _ form: OllamaReply.Form,
    _ read: @escaping @Sendable ([UInt8]) throws(RequestFault) -> OllamaRequest
  ) async throws(ServerError) -> Response {
    try await withBody(exchange, as: read) { request async throws(ServerError) in
      guard let conversation = request.conversation else {
        return try await prepare(request, form)
      }
      var delivery = Delivery()
      delivery.isStreamed = request.isStreamed
      let question = try await questions.question(
        conversation, model: request.model, options: request.options, delivery: delivery)
      exchange.client.record.note(model: question.loaded.name)
      if let keepAlive = request.keepAlive {
        await pool.keep(question.loaded.name, keepAlive)
      }
      if request.isStreamed {
        return question.stream(
          exchange.client, as: OllamaStream(form: form, model: request.model))
      }
      let reply = try await question.replies(exchange.client)[0]
      return .json(
        OllamaReply.end(
          form, model: request.model, date: Timestamp.now, reply, isStreamed: false))
    }
  }

  /// Loads the model of a request that asks nothing, or lets it go.
  private func prepare(
    _ request: OllamaRequest, _ form: OllamaReply.Form
  ) async throws(ServerError) -> Response {
    let offer = try pool.offer(named: request.model)
    if request.keepAlive == .seconds(0) {
      await pool.keep(offer.name, .seconds(0))
    } else {
      _ = try await pool.reserve(offer.name, answers: 1)
      if let keepAlive = request.keepAlive { await pool.keep(offer.name, keepAlive) }
    }
    return .json(
      OllamaReply.nothing(
        form, model: request.model, date: Timestamp.now,
        reason: request.keepAlive == .seconds(0) ? "unload" : "load"))
  }

  /// `GET /api/tags`.
  func ollamaTags(_ exchange: Exchange) throws(ServerError) -> Response {
    .json(
      OllamaTags(
        pool.offers.map {
          OllamaTags.Model(name: $0.name, date: startDate, details: $0.ollamaDetails)
        }))
  }

  /// `POST /api/show`.
  func ollamaShow(_ exchange: Exchange) async throws(ServerError) -> Response {
    try await withBody(exchange, as: OllamaShowRequest.model) { name throws(ServerError) in
      let offer = try pool.offer(named: name)
      return .json(
        OllamaShow(
          date: startDate, details: offer.ollamaDetails, contextLength: offer.contextLength))
    }
  }

  private var startDate: String {
    Timestamp.text(Date(timeIntervalSince1970: TimeInterval(started)))
  }
}

extension ModelOffer {
  fileprivate var ollamaDetails: OllamaDetails {
    OllamaDetails(
      format: format, family: family, parameterSize: size.map { "\($0)B" },
      quantization: quantization)
  }
}
