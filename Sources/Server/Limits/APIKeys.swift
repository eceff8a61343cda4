import HTTPTypes
import HummingbirdCore

/// The keys that open what is not public.
struct APIKeys: Sendable {
  private let keys: [[UInt8]]

  init(_ keys: [String]) { self.keys = keys.map { Array($0.utf8) } }

  /// Paths that need no key: they show nothing of anybody's requests.
  private static let publicPaths = Set(PageFiles.all.keys).union([
    "/health", "/models", "/version", "/openapi.json",
  ])

  /// Whether a request may be carried out.
  func allow(_ exchange: Exchange) -> Bool {
    guard !keys.isEmpty, !Self.publicPaths.contains(exchange.path) else { return true }
    guard let header = exchange.request.headers[.authorization] else { return false }
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer" else { return false }
    let given = Array(words[1].utf8)
    // Every key is compared, and each in the same time wherever it differs.
    return keys.reduce(false) { $1.isEqual(to: given) || $0 }
  }
}

extension [UInt8] {
  fileprivate func isEqual(to other: [UInt8]) -> Bool {
    guard count == other.count else { return false }
    return zip(self, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
