import HTTPTypes
import HummingbirdCore

/// Finds the route of a request, and turns whatever goes wrong into a response.
struct Router: Sendable {
  typealias Route = @Sendable (Exchange) async throws(ServerError) -> Response

  private let routes: [String: [HTTPRequest.Method: Route]]
  /// Paths that go on behind a slash: `/models/` and a name.
  private let prefixes: [String: [HTTPRequest.Method: Route]]
  private let keys: APIKeys
  private let hosts: HostNames
  private let origins: Origins

  init(
    _ routes: [String: [HTTPRequest.Method: Route]],
    prefixes: [String: [HTTPRequest.Method: Route]], keys: APIKeys, hosts: HostNames,
    origins: Origins
  ) {
    self.routes = routes
    self.prefixes = prefixes
    self.keys = keys
    self.hosts = hosts
    self.origins = origins
  }

  /// The response to a request.
  func respond(to exchange: Exchange) async -> Response {
    var response: Response
    do throws(ServerError) {
      response = try await allowed(exchange)
    } catch {
      response = error.response(to: exchange.path)
    }
    origins.mark(&response, for: exchange.request)
    return response
  }

  private func allowed(_ exchange: Exchange) async throws(ServerError) -> Response {
    let request = exchange.request
    try hosts.check(request)
    try origins.check(request)
    if let response = origins.preflight(request) { return response }
    guard keys.allow(exchange) else { throw .unauthorized }
    let isHead = request.method == .head
    let response = try await route(exchange, method: isHead ? .get : request.method)(exchange)
    return isHead ? response.createHeadResponse() : response
  }

  private func route(
    _ exchange: Exchange, method: HTTPRequest.Method
  ) throws(ServerError) -> Route {
    let path = exchange.path
    let methods = routes[path] ?? prefixes.first { path.hasPrefix($0.key) }?.value
    guard let methods else { throw .unknownRoute(path) }
    guard let route = methods[method] else {
      throw .wrongMethod(path, allowed: methods.keys.map(\.rawValue).sorted())
    }
    return route
  }
}
