import HummingbirdCore
import Logging
import NIOCore

/// HTTP on connections that TLS encrypts.
struct TLSChannel: ServerChildChannel {
  let http: HTTP1Channel
  let context: TLSContext

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(TLSHandler(context))
    }.flatMap { http.setup(channel: channel, logger: logger) }
  }

  func handle(value: HTTP1Channel.Value, logger: Logger) async {
    await http.handle(value: value, logger: logger)
  }
}
