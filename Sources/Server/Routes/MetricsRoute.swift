import HummingbirdCore

extension Interface {
  /// `GET /metrics`, as Prometheus reads it.
  func metrics(_ exchange: Exchange) throws(ServerError) -> Response {
    .bytes(Array(pool.metrics.text.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
  }
}
