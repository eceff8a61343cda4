import HTTPTypes
import HummingbirdCore

/// How a server is.
private struct Health: Encodable {
  let status: String
  /// The model that is being loaded.
  var model: String?
  /// The share of its packing that is done.
  var progress: Double?
}

private struct Version: Encodable {
  let version: String
}

extension Interface {
  /// `GET /health`: whether requests would be answered now.
  func health(_ exchange: Exchange) throws(ServerError) -> Response {
    let report = pool.loading
    guard !report.hasLoaded else { return .json(Health(status: "ok")) }
    let progress = report.progress
    return .json(
      Health(
        status: "loading", model: progress?.model ?? pool.offers[0].name,
        progress: progress?.packed),
      status: .serviceUnavailable)
  }

  /// `GET /version`.
  func version(_ exchange: Exchange) throws(ServerError) -> Response {
    .json(Version(version: settings.version))
  }

  /// `GET /openapi.json`: all routes, for programs.
  func description(_ exchange: Exchange) throws(ServerError) -> Response {
    .bytes(PackageResources.openapi_json, type: "application/json")
  }
}
