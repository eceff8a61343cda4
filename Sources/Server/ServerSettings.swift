/// How a server is set up.
package struct ServerSettings: Sendable {
  /// Where it listens.
  package enum Address: Sendable, Equatable {
    /// A host's name or number, and a port; 0 takes a free one.
    case host(String, port: Int)
    /// The path of a Unix socket; one that is there is replaced.
    case socket(String)

    /// Whether only programs of this machine can connect.
    package var isLocal: Bool {
      switch self {
      case .host(let host, _): host == "localhost" || host == "::1" || host.hasPrefix("127.")
      case .socket: true
      }
    }
  }

  /// Where the server's certificate and key are, in PEM.
  package struct TLSFiles: Sendable, Equatable {
    /// The certificate, and those of the authorities between it and a client's.
    package var certificate: String
    /// The certificate's private key, without a passphrase.
    package var key: String

    package init(certificate: String, key: String) {
      self.certificate = certificate
      self.key = key
    }
  }

  package var address: Address
  /// What encrypts connections; nil for plain HTTP.
  package var tls: TLSFiles?
  /// Any of them opens what is not public; none leaves everything open.
  package var apiKeys: [String]
  package var limits: Limits
  /// Origins of web pages that may ask; `*` stands for all.
  package var corsOrigins: [String]
  /// Hosts that pictures may be fetched from; none fetches nothing.
  package var imageHosts: [String]
  /// Whether the log shows what is asked and answered.
  package var logsRequests: Bool
  /// What the server calls itself.
  package var version: String

  package init(
    address: Address = .host("127.0.0.1", port: 0), tls: TLSFiles? = nil, apiKeys: [String] = [],
    limits: Limits = Limits(), corsOrigins: [String] = [], imageHosts: [String] = [],
    logsRequests: Bool = false, version: String = "0"
  ) {
    self.address = address
    self.tls = tls
    self.apiKeys = apiKeys
    self.limits = limits
    self.corsOrigins = corsOrigins
    self.imageHosts = imageHosts
    self.logsRequests = logsRequests
    self.version = version
  }
}

/// What is refused to protect the server.
package struct Limits: Sendable, Equatable {
  /// Bytes of one request's body.
  package var bodyBytes = 64 << 20
  /// Bytes of all bodies that are being read or carried out.
  package var allBodiesBytes = 512 << 20
  /// Bytes of one picture's file.
  package var imageBytes = 20 << 20
  /// Pixels of one picture.
  package var imagePixels = 64_000_000
  /// Connections at the same time; others wait.
  package var connections = 1024
  /// Seconds that a connection may be idle, or take for the head of a request.
  package var idleSeconds = 60
  /// Seconds that a body may take.
  package var bodySeconds = 120

  package init() {}
}
