import HummingbirdCore

extension Interface {
  /// `GET /metrics`, as Prometheus reads it.
  func metrics(_ exchange: Exchange) async throws(ServerError) -> Response {
    .bytes(Array(await pool.metricsText.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
  }
}
