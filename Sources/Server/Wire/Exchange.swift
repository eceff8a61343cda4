import HTTPTypes
import HummingbirdCore
import NIOCore

/// A request on its way to a response.
struct Exchange: Sendable {
  let request: Request
  let client: Client
  /// The path without `/v1` in front and without a slash at its end.
  let path: String

  init(_ request: Request, channel: any Channel) {
    self.request = request
    client = Client(channel: channel)
    path = Self.normalized(request.uri.path)
  }

  /// The line of the log once it is answered.
  func line(_ status: HTTPResponse.Status) -> String {
    "\(request.method.rawValue) \(path) \(status.code) \(client.record.summary)"
  }

  private static func normalized(_ path: String) -> String {
    var path = path[...]
    if path == "/v1" || path.hasPrefix("/v1/") { path = path.dropFirst(3) }
    while path.hasSuffix("/") { path.removeLast() }
    return path.isEmpty ? "/" : String(path)
  }
}
