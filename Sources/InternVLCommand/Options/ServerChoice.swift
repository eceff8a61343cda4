import ArgumentParser
import Foundation
import OpenAIMessages
import Server

/// Where a server listens, and who may ask it.
struct ListeningChoice: ParsableArguments {
  @Option(help: ArgumentHelp("The address to listen on.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(help: ArgumentHelp("The port; 0 takes a free one.", valueName: "number"))
  var port = 9997

  @Option(
    help: ArgumentHelp("Listens on a Unix socket instead of a port.", valueName: "path"),
    completion: .file())
  var unixSocket: String?

  @Option(
    help: ArgumentHelp(
      "Answers only who sends this key as a bearer token. Repeatable.", valueName: "key"))
  var apiKey: [String] = []

  @Option(
    help: ArgumentHelp("A file with such keys, one a line.", valueName: "file"), completion: .file()
  )
  var apiKeyFile: String?

  @Option(
    help: ArgumentHelp(
      "Lets web pages of this origin ask, such as https://chat.example; * all. Repeatable.",
      valueName: "origin"))
  var cors: [String] = []

  @Flag(help: "Listens on an address that other machines reach, without a key.")
  var insecure = false

  @Option(
    help: ArgumentHelp(
      "The server's certificate in PEM, with its chain; makes it https.", valueName: "file"),
    completion: .file())
  var tlsCertificate: String?

  @Option(
    help: ArgumentHelp("The certificate's private key in PEM.", valueName: "file"),
    completion: .file())
  var tlsKey: String?

  @Flag(help: "Opens the server's page in $BROWSER or the desktop's browser.")
  var open = false

  func validate() throws {
    try check("--port", port, in: 0...65_535)
    if open, unixSocket != nil {
      throw ValidationError("No browser opens a page on a Unix socket; leave out --open.")
    }
    if (tlsCertificate == nil) != (tlsKey == nil) {
      throw ValidationError("--tls-certificate and --tls-key go together.")
    }
    if apiKey.contains("") { throw ValidationError("--api-key has no text.") }
  }

  var address: ServerSettings.Address {
    unixSocket.map { .socket($0) } ?? .host(host, port: port)
  }

  var tls: ServerSettings.TLSFiles? {
    guard let tlsCertificate, let tlsKey else { return nil }
    return ServerSettings.TLSFiles(certificate: tlsCertificate, key: tlsKey)
  }

  /// The keys of both options.
  func keys() throws -> [String] {
    guard let apiKeyFile else { return apiKey }
    let lines = try TextInput.file(apiKeyFile).split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    guard !lines.isEmpty else {
      throw CommandError.noKeys(file: apiKeyFile)
    }
    return apiKey + lines
  }
}

extension ServerSettings {
  /// What to type into a browser; `port` is the one that was taken.
  func shown(port: Int?) -> String {
    switch address {
    case .socket(let path): "unix:\(path)"
    case .host(let host, let asked): url(host, port: port ?? asked)
    }
  }

  /// Where a browser of this machine finds the page.
  func page(port: Int?) -> String {
    switch address {
    case .host("0.0.0.0", let asked), .host("::", let asked):
      url("localhost", port: port ?? asked)
    default: shown(port: port)
    }
  }

  private func url(_ host: String, port: Int) -> String {
    "\(tls == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }
}

/// How many requests a server takes, and of which size.
struct RequestChoice: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Answers at the same time; fewer where memory is short.", valueName: "count"))
  var parallel = 8

  @Option(
    help: ArgumentHelp(
      "Requests that may wait beside those; more are refused for now.", valueName: "count"))
  var queue = 64

  @Option(
    help: ArgumentHelp(
      "How long running answers may take when the server is told to stop.", valueName: "seconds"))
  var grace = 30

  @Option(
    help: ArgumentHelp("The largest file of a picture.", valueName: "bytes"))
  var maxImageBytes = Limits().imageBytes

  @Option(help: ArgumentHelp("The largest picture.", valueName: "pixels"))
  var maxImagePixels = Limits().imagePixels

  @Option(
    help: ArgumentHelp(
      "Fetches pictures from this host, where its address is public. Repeatable.",
      valueName: "host"))
  var allowImageUrls: [String] = []

  @Option(
    help: ArgumentHelp(
      "How long a model stays loaded without a request: 90, 5m, 1h; -1 for ever.",
      valueName: "duration"))
  var keepAlive = "-1"

  @Flag(help: "Shows in the log what is asked and answered.")
  var logRequests = false

  func validate() throws {
    guard KeepAlive(keepAlive) != nil else {
      throw ValidationError("--keep-alive is no duration such as 90, 5m or 1h.")
    }
    try check("--parallel", parallel, in: 1...256)
    try check("--queue", queue, in: 0...65_536)
    try check("--grace", grace, in: 0...86_400)
    try check("--max-image-bytes", maxImageBytes, in: 1...(1 << 30))
    try check("--max-image-pixels", maxImagePixels, in: 1...178_956_970)
  }

  var limits: Limits {
    var limits = Limits()
    limits.imageBytes = maxImageBytes
    limits.imagePixels = maxImagePixels
    return limits
  }
}
