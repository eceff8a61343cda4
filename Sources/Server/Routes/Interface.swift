import FoundationEssentials
import HTTPTypes
import HummingbirdCore
import OpenAIMessages

/// What the server's routes do.
struct Interface: Sendable {
  let settings: ServerSettings
  let pool: ModelPool
  let bodies: RequestBodyReader
  let questions: QuestionMaker
  /// Seconds since 1970.
  let started = Int(Date().timeIntervalSince1970)

  init(_ settings: ServerSettings, pool: ModelPool) {
    self.settings = settings
    self.pool = pool
    bodies = RequestBodyReader(settings.limits)
    questions = QuestionMaker(pool: pool, pictures: PictureReader(settings))
  }

  var router: Router {
    Router(
      [
        "/health": [.get: health],
        "/version": [.get: version],
        "/openapi.json": [.get: description],
        "/models": [.get: models],
        "/metrics": [.get: metrics],
        "/chat/completions": [.post: chat],
        "/completions": [.post: completion],
        "/responses": [.post: responses],
        "/tokenize": [.post: tokenize],
        "/detokenize": [.post: detokenize],
        "/api/chat": [.post: ollamaChat],
        "/api/generate": [.post: ollamaGenerate],
        "/api/tags": [.get: ollamaTags],
        "/api/show": [.post: ollamaShow],
        "/api/version": [.get: version],
      ].merging(pageRoutes, uniquingKeysWith: { $1 }),
      prefixes: ["/models/": [.get: model]], keys: APIKeys(settings.apiKeys),
      hosts: HostNames(settings), origins: Origins(settings.corsOrigins))
  }

  /// Refuses a request that names no model, as OpenAI does.
  func requireModel(_ name: String?) throws(ServerError) {
    if name == nil { throw .noModelNamed(known: pool.offers.map(\.name)) }
  }

  /// What an answer of a model says about itself.
  func head(_ prefix: String, of question: Question, _ client: Client) -> AnswerHead {
    client.record.note(model: question.loaded.name)
    return AnswerHead(
      prefix: prefix, created: Int(Date().timeIntervalSince1970), model: question.loaded.name,
      fingerprint: "b\(settings.version)")
  }

  /// Reads a body and does something with what it asks for; its memory is held meanwhile.
  func withBody<Wanted: Sendable>(
    _ exchange: Exchange, as read: @escaping @Sendable ([UInt8]) throws(RequestFault) -> Wanted,
    _ use: (Wanted) async throws(ServerError) -> Response
  ) async throws(ServerError) -> Response {
    let (bytes, share) = try await bodies.read(exchange.request)
    defer { withExtendedLifetime(share) {} }
    if settings.logsRequests { exchange.client.record.note(body: bytes) }
    return try await use(try await Blocking.read { () throws(RequestFault) in try read(bytes) })
  }
}
