import Files
import HummingbirdCore
import OpenAIMessages

extension Interface {
  /// `GET /v1/models`.
  func models(_ exchange: Exchange) throws(ServerError) -> Response {
    .json(ModelList(pool.offers.map(entry)))
  }

  /// `GET /v1/models/{id}`.
  func model(_ exchange: Exchange) throws(ServerError) -> Response {
    let name = exchange.path.dropFirst("/models/".count).utf8.percentDecoded
    return .json(entry(try pool.offer(named: String(decoding: name, as: UTF8.self))))
  }

  private func entry(_ offer: ModelOffer) -> ModelEntry {
    ModelEntry(id: offer.name, created: started, contextLength: offer.contextLength)
  }
}
