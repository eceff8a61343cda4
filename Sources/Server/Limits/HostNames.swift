import HTTPTypes
import HummingbirdCore

/// The names that a server without keys may be asked by, where only programs of its machine reach it.
///
/// A web page can let its own name stand for this machine. A browser then takes the server for the
/// page's own, and tells it no foreign origin; but it still tells the name.
struct HostNames: Sendable {
  /// Nil where every name will do.
  private let allowed: Set<String>?

  init(_ settings: ServerSettings) {
    allowed =
      if case .host(let host, _) = settings.address, settings.address.isLocal,
        settings.apiKeys.isEmpty
      {
        ["localhost", "127.0.0.1", "[::1]", host.contains(":") ? "[\(host)]" : host.lowercased()]
      } else {
        nil
      }
  }

  /// Refuses a request for another host; one without a name comes from no browser.
  func check(_ request: Request) throws(ServerError) {
    guard let allowed, let authority = request.head.authority else { return }
    let end = authority.lastIndex(of: "]") ?? authority.startIndex
    let name = authority[..<(authority[end...].firstIndex(of: ":") ?? authority.endIndex)]
    guard allowed.contains(name.lowercased()) else { throw .hostNotAllowed(authority) }
  }
}
