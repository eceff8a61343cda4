import Files
import HTTPTypes
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// An HTTP server with models behind it.
package struct Server: Sendable {
  private let group: ServiceGroup

  /// Prepares a server.
  ///
  /// - Parameters:
  ///   - settings: how it is set up.
  ///   - pool: its models.
  ///   - grace: how long requests that are being answered may take when it stops.
  ///   - logger: takes a line a request.
  ///   - onRunning: told the port once it listens, or nil for a Unix socket.
  /// - Throws: why TLS is not possible: `FileError`, or `ServerError`.
  package init(
    _ settings: ServerSettings, pool: ModelPool, grace: Duration, logger: Logger,
    onRunning: @escaping @Sendable (_ port: Int?) async -> Void
  ) throws {
    let router = Interface(settings, pool: pool).router
    let limits = settings.limits
    let tls = try settings.tls.map(TLSContext.init)
    let configuration = HTTP1Channel.Configuration(
      additionalChannelHandlers: [Departure(), StalledWrites(after: limits.idleSeconds)],
      idleTimeout: .seconds(Int64(limits.idleSeconds)))
    let http = try HTTPServerBuilder { responder in
      let http = HTTP1Channel(responder: responder, configuration: configuration)
      guard let tls else { return http }
      return TLSChannel(http: http, context: tls)
    }.buildServer(
      configuration: ServerConfiguration(
        address: settings.address.bound,
        availableConnectionsDelegate: MaximumAvailableConnections(
          limits.connections, logger: Self.quiet(logger))),
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: Self.quiet(logger),
      responder: { (request, writer: consuming ResponseWriter, channel) in
        if request.headers[.expect]?.lowercased() == "100-continue" {
          try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        let exchange = Exchange(request, channel: channel)
        let response = await router.respond(to: exchange)
        defer { logger.info("\(exchange.line(response.status))") }
        try await writer.write(response: response.head, body: response.body)
      },
      onServerRunning: { await onRunning($0.localAddress?.port) })
    var group = ServiceGroupConfiguration(
      services: [http, FirstModel(pool: pool), Expiry(pool: pool)], logger: Self.quiet(logger))
    group.maximumGracefulShutdownDuration = grace
    self.group = ServiceGroup(configuration: group)
  }

  /// Serves until it is shut down.
  ///
  /// - Throws: why it cannot listen, or why the first model cannot be loaded.
  package func run() async throws {
    do {
      try await group.run()
    } catch let error as IOError {
      throw ServerError.notListening(.system(code: error.errnoCode))
    }
  }

  /// Takes no more requests, and stops when those that it has are answered or the grace is over.
  package func shutDown() async { await group.triggerGracefulShutdown() }

  /// The libraries' own lines are for those who look for faults.
  private static func quiet(_ logger: Logger) -> Logger {
    var logger = logger
    logger.logLevel = max(logger.logLevel, .warning)
    return logger
  }
}

/// Loads the first model while the server already says that it does.
private struct FirstModel: Service {
  let pool: ModelPool

  func run() async throws {
    try await pool.loadFirst()
    try? await gracefulShutdown()
  }
}

extension ServerSettings.Address {
  fileprivate var bound: BindAddress {
    switch self {
    case .host(let host, let port): .hostname(host, port: port)
    case .socket(let path): .unixDomainSocket(path: path)
    }
  }
}
