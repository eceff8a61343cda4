import CCurl
import Foundation

/// One request on its way, and libcurl's handle for it.
final class HTTPExchange {
  let handle: UnsafeMutableRawPointer
  let receiver: any HTTPReceiver
  private let request: HTTPRequest
  private let settings: TransportSettings
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let errorText: UnsafeMutablePointer<CChar>
  private var head: HTTPHead?
  private var stoppedByReceiver = false
  private var hasRefusedAddress = false
  private var lastArrival = ContinuousClock.now
  /// The rate is looked at over windows of twice the stall time, one after the other.
  private var window = (start: ContinuousClock.now, bytes: 0)

  init(_ request: HTTPRequest, settings: TransportSettings, receiver: any HTTPReceiver)
    throws(HubError)
  {
    guard let handle = curl_easy_init() else {
      throw .curlUnusable
    }
    self.handle = handle
    self.receiver = receiver
    self.request = request
    self.settings = settings
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    configure()
  }

  deinit {
    curl_easy_cleanup(handle)
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  private func configure() {
    let headers =
      // Without an expectation, servers that do not know it are not waited for.
      [("User-Agent", settings.userAgent), ("Accept-Encoding", "identity"), ("Expect", "")]
      + request.headers.map { ($0.name, $0.value) }
    for (name, value) in headers { headerList = curl_slist_append(headerList, "\(name): \(value)") }
    _ = ccurl_set_text(handle, CURLOPT_URL, request.address.text)
    _ = ccurl_set_headers(handle, headerList)
    _ = ccurl_set_error_buffer(handle, errorText)
    _ = ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    _ = ccurl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
    _ = ccurl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    _ = ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    _ = ccurl_set_long(handle, CURLOPT_BUFFERSIZE, 512 * 1024)
    _ = ccurl_set_long(
      handle, CURLOPT_CONNECTTIMEOUT_MS,
      Int(min(settings.timing.answer, settings.timing.connection).milliseconds))
    // Some servers compress whatever the request says: then decode, with `identity` still asked.
    _ = ccurl_set_text(handle, CURLOPT_ACCEPT_ENCODING, "")
    // Set always, so that libcurl does not look into the environment itself.
    _ = ccurl_set_text(handle, CURLOPT_PROXY, settings.proxies.proxy(for: request.address) ?? "")
    _ = ccurl_set_text(handle, CURLOPT_NOPROXY, settings.proxies.exceptions)
    if let file = settings.certificates { _ = ccurl_set_text(handle, CURLOPT_CAINFO, file) }
    request.body?.withUnsafeBytes { bytes in
      _ = ccurl_set_body(handle, bytes.baseAddress, bytes.count)
    }
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = ccurl_set_callbacks(handle, receiveHeaderLine, receiveBody, context)
    if request.admits != nil { _ = ccurl_set_open_socket(handle, openSocket, context) }
  }

  /// Takes one header line; false ends the transfer.
  fileprivate func take(headerLine bytes: UnsafeRawBufferPointer) -> Bool {
    lastArrival = .now
    let line = String(decoding: bytes, as: UTF8.self).trimmingWhitespace()
    if let start = HTTPHead(statusLine: line) {
      head = start
    } else if !line.isEmpty {
      head?.add(line: line)
    } else if let head, head.status >= 200 {
      stoppedByReceiver = !receiver.receive(head: head)
      return !stoppedByReceiver
    }
    return true
  }

  /// Takes a piece of the body; false ends the transfer.
  fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
    lastArrival = .now
    window.bytes += bytes.count
    stoppedByReceiver = !receiver.receive(body: bytes)
    return !stoppedByReceiver
  }

  /// Opens the socket for an address that the host's name stands for, unless it may not be asked.
  fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    guard request.admits?(ccurl_address(address)) ?? true else {
      hasRefusedAddress = true
      return CURL_SOCKET_BAD
    }
    return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
  }

  /// What libcurl's result means.
  func end(_ code: CURLcode) -> HTTPEnd {
    guard !stoppedByReceiver else { return .stopped }
    guard code != CURLE_OK else { return .complete }
    guard !hasRefusedAddress else { return .failed(.notPublic(host: host)) }
    let text = String(cString: errorText)
    let reason = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    switch code {
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
      return .failed(.tlsFailed(host: host, reason: reason))
    default: return .failed(.unreachable(host: host, reason: reason))
    }
  }

  /// Why to give up on a connection that sends nothing, or next to nothing; nil while it is alive.
  func silence(at now: ContinuousClock.Instant) -> HubError? {
    let limit = head == nil ? settings.timing.answer : settings.timing.stall
    if lastArrival.duration(to: now) > limit {
      return .stalled(host: host, seconds: limit.seconds)
    }
    let age = window.start.duration(to: now)
    guard head != nil, age > settings.timing.stall * 2 else { return nil }
    let rate = Int(Double(window.bytes) / age.seconds)
    window = (now, 0)
    return rate < settings.timing.lowestRate ? .tooSlow(host: host, bytesPerSecond: rate) : nil
  }

  private var host: String { request.address.origin.host }
}

private func receiveHeaderLine(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  pass(bytes, size * count, to: context) { $0.take(headerLine: $1) }
}

private func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  pass(bytes, size * count, to: context) { $0.take(body: $1) }
}

private func openSocket(
  _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
  _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let context, let address else { return CURL_SOCKET_BAD }
  return Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue().open(address)
}

/// Hands bytes of libcurl to the exchange they belong to; returns the count that tells libcurl to
/// go on, or one that tells it to stop.
private func pass(
  _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, to context: UnsafeMutableRawPointer?,
  take: (HTTPExchange, UnsafeRawBufferPointer) -> Bool
) -> Int {
  guard let context else { return 0 }
  guard count > 0 else { return 0 }
  let exchange = Unmanaged<HTTPExchange>.fromOpaque(context).takeUnretainedValue()
  let goesOn = take(exchange, UnsafeRawBufferPointer(start: bytes, count: count))
  return goesOn ? count : count &+ 1
}
