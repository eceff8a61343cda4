import NIOCore

/// Decrypts what a client sends, and encrypts what it gets.
final class TLSHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Plain bytes of a TLS record at most.
  private static let recordBytes = 16_384

  private let connection: TLSConnection
  /// Whether nothing more is read.
  private var hasEnded = false
  /// Whether the client was told that nothing more is sent.
  private var hasSaidEnd = false

  init(_ context: TLSContext) { connection = context.connection() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasEnded else { return }
    unwrapInboundIn(data).withUnsafeReadableBytes { connection.take($0) }
    while !hasEnded {
      var plain = context.channel.allocator.buffer(capacity: Self.recordBytes)
      var outcome = TLSConnection.Outcome.incomplete
      plain.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.recordBytes) { buffer in
        outcome = connection.read(buffer)
        return if case .bytes(let count) = outcome { count } else { 0 }
      }
      switch outcome {
      case .bytes: context.fireChannelRead(wrapInboundOut(plain))
      case .incomplete: return sendLeft(context)
      case .closed:
        sendLeft(context)
        endReading(context)
      case .failed:
        sendLeft(context)
        context.close(promise: nil)
        hasEnded = true
      }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed {
      endReading(context)
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let plain = unwrapOutboundIn(data)
    guard plain.readableBytes > 0 else { return context.write(data, promise: promise) }
    guard plain.withUnsafeReadableBytes({ connection.write($0) }) else {
      promise?.fail(ChannelError.outputClosed)
      return
    }
    context.write(wrapOutboundOut(left(context)), promise: promise)
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    if mode != .input, !hasSaidEnd {
      hasSaidEnd = true
      connection.end()
      sendLeft(context)
    }
    if mode != .output { hasEnded = true }
    context.close(mode: mode, promise: promise)
  }

  /// Tells the others once that nothing more comes.
  private func endReading(_ context: ChannelHandlerContext) {
    guard !hasEnded else { return }
    hasEnded = true
    context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
  }

  /// Sends what the handshake or an alert left.
  private func sendLeft(_ context: ChannelHandlerContext) {
    let bytes = left(context)
    if bytes.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }
  }

  private func left(_ context: ChannelHandlerContext) -> ByteBuffer {
    let count = connection.leavingBytes
    var bytes = context.channel.allocator.buffer(capacity: count)
    bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { connection.send($0) }
    return bytes
  }
}
