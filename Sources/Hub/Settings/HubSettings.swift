package import Registry

/// One hub as the user has set it up.
package struct HubSite: Sendable {
  /// The hub's address, without a slash at the end.
  package var endpoint: WebAddress
  package var token: String?
  /// The folder that holds the hub's cache.
  package var cacheRoot: String
}

/// Everything about the hubs that environment variables decide.
///
/// The variables, their meaning and their order are in `docs/hub.md`.
package struct HubSettings: Sendable {
  package var huggingFace: HubSite
  package var modelScope: HubSite
  /// Send nothing at all.
  package var isOffline: Bool
  /// Put files where links would stand.
  package var avoidsLinks: Bool
  package var showsProgress: Bool
  /// The hub that the user prefers; nil lets availability decide.
  package var preferredHub: HubName?
  /// Where the downloader keeps its own notes, outside of both caches.
  package var stateFolder: String
  package var transport: TransportSettings

  package func site(_ hub: HubName) -> HubSite {
    switch hub {
    case .huggingface: huggingFace
    case .modelscope: modelScope
    }
  }
}

extension HubSettings {
  /// Reads the settings from environment variables.
  ///
  /// `readFile` gives the content of a small file, nil when it is not there; it is used for the
  /// token that `hf auth login` stores.
  package init(
    environment: [String: String], readFile: (String) -> String? = readSmallFile
  ) throws(HubError) {
    let variables = EnvironmentVariables(environment)
    let userCache = try variables.home(".cache")
    let cache = try variables.path("XDG_CACHE_HOME") ?? userCache
    let huggingFaceHome = try variables.path("HF_HOME") ?? "\(cache)/huggingface"
    huggingFace = HubSite(
      endpoint: try variables.address("HF_ENDPOINT", default: "https://huggingface.co"),
      token: try variables.huggingFaceToken(home: huggingFaceHome, readFile: readFile),
      cacheRoot: try variables.path("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
        ?? "\(huggingFaceHome)/hub")
    let site =
      variables.isTrue("MODELSCOPE_PREFER_AI_SITE")
      ? "https://modelscope.ai" : "https://modelscope.cn"
    modelScope = HubSite(
      endpoint: try variables.address("MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN", default: site),
      token: try EnvironmentVariables.token(
        variables["MODELSCOPE_API_TOKEN"], from: "MODELSCOPE_API_TOKEN"),
      cacheRoot: try variables.path("MODELSCOPE_CACHE") ?? "\(userCache)/modelscope")
    isOffline = variables.isTrue("HF_HUB_OFFLINE") || variables.isTrue("TRANSFORMERS_OFFLINE")
    avoidsLinks = variables.isTrue("HF_HUB_DISABLE_SYMLINKS")
    showsProgress = !variables.isTrue("HF_HUB_DISABLE_PROGRESS_BARS")
    preferredHub = try variables.preferredHub()
    stateFolder = "\(cache)/internvl"
    transport = try variables.transport()
  }
}

extension EnvironmentVariables {
  fileprivate func huggingFaceToken(
    home: String, readFile: (String) -> String?
  ) throws(HubError) -> String? {
    guard !isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") else { return nil }
    let names = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]
    if let token = try Self.token(first(of: names), from: names[0]) { return token }
    let file = try path("HF_TOKEN_PATH") ?? "\(home)/token"
    return try Self.token(readFile(file), from: file)
  }

  fileprivate func preferredHub() throws(HubError) -> HubName? {
    guard let value = self["XINFERENCE_MODEL_SRC"], value != "auto" else { return nil }
    guard let hub = HubName(rawValue: value) else {
      throw .badSetting(
        variable: "XINFERENCE_MODEL_SRC", value: value,
        expected: "huggingface, modelscope or auto")
    }
    return hub
  }

  fileprivate func transport() throws(HubError) -> TransportSettings {
    var transport = TransportSettings()
    if let seconds = try seconds("HF_HUB_ETAG_TIMEOUT") { transport.timing.answer = seconds }
    if let seconds = try seconds("HF_HUB_DOWNLOAD_TIMEOUT") { transport.timing.stall = seconds }
    let all = ["all_proxy", "ALL_PROXY"]
    transport.proxies.http = first(of: ["http_proxy", "HTTP_PROXY"] + all)
    transport.proxies.https = first(of: ["https_proxy", "HTTPS_PROXY"] + all)
    transport.proxies.exceptions = first(of: ["no_proxy", "NO_PROXY"]) ?? ""
    transport.certificates = try path("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    return transport
  }
}
