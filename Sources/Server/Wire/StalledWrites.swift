import NIOCore

/// Closes a connection whose client has read nothing for too long while something was to be sent.
final class StalledWrites: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  private let limit: TimeAmount
  private var close: Scheduled<Void>?

  /// Closes after so many seconds.
  init(after seconds: Int) { limit = .seconds(Int64(seconds)) }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    close?.cancel()
    close = nil
    if !context.channel.isWritable {
      let channel = context.channel
      close = context.eventLoop.scheduleTask(in: limit) { channel.close(promise: nil) }
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    close?.cancel()
    context.fireChannelInactive()
  }
}
