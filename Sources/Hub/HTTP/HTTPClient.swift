import CCurl
import Synchronization

/// Receives one answer, on the client's thread.
protocol HTTPReceiver: AnyObject {
  /// The head of the final answer is complete; false ends the transfer.
  func receive(head: HTTPHead) -> Bool
  /// The next bytes of the body, decoded; false ends the transfer.
  func receive(body: UnsafeRawBufferPointer) -> Bool
  /// Nothing more comes. Not called after `cancel`.
  func finish(_ end: HTTPEnd)
}

/// How an exchange ended.
enum HTTPEnd: Equatable {
  /// The whole answer arrived.
  case complete
  /// The receiver returned false.
  case stopped
  /// The connection broke, never came about, or fell silent.
  case failed(HubError)
}

/// Runs HTTP exchanges side by side on the calling thread, over libcurl's multi interface.
///
/// Redirects, retries and credentials are the caller's: the client sends what it is told and
/// reports what came back. It ends exchanges that stall.
final class HTTPClient {
  private let settings: TransportSettings
  private let multi: UnsafeMutableRawPointer
  private var running: [UnsafeMutableRawPointer: HTTPExchange] = [:]

  init(settings: TransportSettings) throws(HubError) {
    guard LibraryState.initialized, let multi = curl_multi_init() else {
      throw .curlUnusable
    }
    self.settings = settings
    self.multi = multi
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, settings.connections)
    _ = ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 2 * settings.connections)
  }

  deinit {
    for exchange in running.values { curl_multi_remove_handle(multi, exchange.handle) }
    running = [:]
    curl_multi_cleanup(multi)
  }

  /// Starts an exchange; it goes on in `step`.
  @discardableResult
  func start(_ request: HTTPRequest, receiver: any HTTPReceiver) throws(HubError) -> HTTPExchange {
    let exchange = try HTTPExchange(request, settings: settings, receiver: receiver)
    guard curl_multi_add_handle(multi, exchange.handle) == CURLM_OK else {
      throw .curlUnusable
    }
    running[exchange.handle] = exchange
    return exchange
  }

  /// Ends an exchange without telling its receiver.
  func cancel(_ exchange: HTTPExchange) {
    guard running.removeValue(forKey: exchange.handle) != nil else { return }
    curl_multi_remove_handle(multi, exchange.handle)
  }

  /// Waits for the network, at most `limit`, and hands out what arrived.
  func step(upTo limit: Duration) {
    var active: Int32 = 0
    var descriptors: Int32 = 0
    curl_multi_poll(multi, nil, 0, limit.milliseconds, &descriptors)
    curl_multi_perform(multi, &active)
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
        let exchange = running.removeValue(forKey: handle)
      else { continue }
      let code = ccurl_message_result(message)
      curl_multi_remove_handle(multi, handle)
      exchange.receiver.finish(exchange.end(code))
    }
    let now = ContinuousClock.now
    for exchange in running.values {
      guard let failure = exchange.silence(at: now) else { continue }
      cancel(exchange)
      exchange.receiver.finish(.failed(failure))
    }
  }
}

/// What files are transferred with: libcurl and the libraries that it uses, each with its version.
package var transferLibraries: String { String(cString: curl_version()) }

/// libcurl's one-time set-up for the whole process.
enum LibraryState {
  static let initialized = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

extension Duration {
  /// Whole milliseconds, at least 0.
  var milliseconds: Int32 {
    Int32(
      clamping: max(0, components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000))
  }

  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
