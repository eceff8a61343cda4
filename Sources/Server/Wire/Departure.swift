import NIOCore
import Synchronization

/// Notices when the client of a connection goes away, also while nothing is written to it.
final class Departure: ChannelInboundHandler, RemovableChannelHandler, Sendable {
  typealias InboundIn = NIOAny

  private struct State {
    var isGone = false
    var watchers: [Int: @Sendable () -> Void] = [:]
    var count = 0
  }

  private let state = Mutex(State())

  /// Calls `action` once the client is gone, which may be at once.
  ///
  /// - Returns: what ends the watch.
  func watch(_ action: @escaping @Sendable () -> Void) -> Int {
    let (number, isGone) = state.withLock { state in
      state.count += 1
      if !state.isGone { state.watchers[state.count] = action }
      return (state.count, state.isGone)
    }
    if isGone { action() }
    return number
  }

  func endWatch(_ number: Int) { state.withLock { $0.watchers[number] = nil } }

  func channelInactive(context: ChannelHandlerContext) {
    leave()
    context.fireChannelInactive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if let event = event as? ChannelEvent, event == .inputClosed { leave() }
    context.fireUserInboundEventTriggered(event)
  }

  private func leave() {
    let watchers = state.withLock { state in
      state.isGone = true
      defer { state.watchers = [:] }
      return Array(state.watchers.values)
    }
    watchers.forEach { $0() }
  }
}

extension Channel {
  /// What notices that this connection's client goes away.
  var departure: Departure {
    get async throws { try await pipeline.handler(type: Departure.self).get() }
  }
}
