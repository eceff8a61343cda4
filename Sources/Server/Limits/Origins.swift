import HTTPTypes
import HummingbirdCore

/// Which web pages may ask the server.
///
/// A browser sends some requests of any page at once, and only keeps the answer from it. So a request
/// that names a foreign page is not carried out.
struct Origins: Sendable {
  private let allowed: [String]

  /// Pages of these origins, such as `https://chat.example`, and the server's own; `*` stands for all.
  init(_ allowed: [String]) { self.allowed = allowed }

  /// Refuses a request of a page that may not ask.
  func check(_ request: Request) throws(ServerError) {
    guard let origin = request.headers[.origin], !isAllowed(origin),
      origin.split(separator: "/").last.map({ String($0) }) != request.head.authority
    else { return }
    throw .originNotAllowed(origin)
  }

  /// The answer to a browser that asks whether a page may ask; nil for other requests.
  func preflight(_ request: Request) -> Response? {
    guard request.method == .options, request.headers[.origin] != nil else { return nil }
    return Response(
      status: .ok,
      headers: [
        .accessControlAllowMethods: "GET, POST",
        .accessControlAllowHeaders: request.headers[.accessControlRequestHeaders] ?? "*",
        .accessControlMaxAge: "600",
      ])
  }

  /// Lets the page that asked read the response.
  func mark(_ response: inout Response, for request: Request) {
    guard let origin = request.headers[.origin], isAllowed(origin) else { return }
    response.headers[.accessControlAllowOrigin] = origin
    response.headers[.vary] = "Origin"
  }

  private func isAllowed(_ origin: String) -> Bool {
    allowed.contains { $0 == "*" || $0 == origin }
  }
}
