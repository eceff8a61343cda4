import CCurl
import Foundation

/// Fetches files that are small enough to be held in memory.
package struct WebDownload: Sendable {
  /// Why a file was not fetched.
  package enum Fault: Error, Equatable {
    /// It is no http or https URL, or holds a user's name.
    case badAddress
    case hostNotAllowed(String)
    /// The host's name stands for an address that is not public.
    case privateAddress(host: String)
    case tooLarge(limitBytes: Int)
    case tooManyRedirects
    /// The server answered with another status than 200.
    case status(Int, host: String)
    /// The transfer failed; `reason` is libcurl's sentence.
    case failed(host: String, reason: String)
  }

  /// Where files may come from.
  fileprivate enum Reach {
    /// Wherever the user can get.
    case anywhere(TransportSettings)
    /// These hosts, and only where their names stand for addresses of the public internet, except in
    /// tests.
    case hosts(Set<String>, allowsPrivateAddresses: Bool)
  }

  private static let mostRedirects = 5

  private let reach: Reach
  private let limitBytes: Int
  private let seconds: Int

  /// Prepares downloads from addresses that the user typed, through the user's proxies, each of at most so
  /// many bytes and seconds.
  package init(settings: TransportSettings, limitBytes: Int, seconds: Int = 60) {
    reach = .anywhere(settings)
    (self.limitBytes, self.seconds) = (limitBytes, seconds)
  }

  /// Prepares downloads from addresses that somebody else wrote, which must not reach this machine's own
  /// network.
  ///
  /// So only these hosts are asked, and only where the name stands for a public address; both are looked
  /// at again for each redirect. There is no proxy, which would resolve names itself.
  package init(publicHosts: [String], limitBytes: Int, seconds: Int = 20) {
    self.init(hosts: publicHosts, limitBytes: limitBytes, seconds: seconds)
  }

  /// For tests, which have nothing but addresses of their own machine.
  init(hosts: [String], limitBytes: Int, seconds: Int = 20, allowsPrivateAddresses: Bool = false) {
    reach = .hosts(
      Set(hosts.map { $0.lowercased() }), allowsPrivateAddresses: allowsPrivateAddresses)
    (self.limitBytes, self.seconds) = (limitBytes, seconds)
  }

  /// The bytes of a file; blocks until they are here.
  package func bytes(of address: String) throws(Fault) -> [UInt8] {
    guard var current = WebAddress(address) else { throw .badAddress }
    for _ in 0...Self.mostRedirects {
      let host = current.origin.host
      guard reach.includes(host) else { throw .hostNotAllowed(host) }
      let transfer = WebTransfer(limitBytes: limitBytes, reach: reach)
      let head = try transfer.run(current, seconds: seconds)
      switch head.status {
      case 200: return transfer.body
      case 301, 302, 303, 307, 308:
        guard let location = head["location"], let next = current.resolving(location) else {
          throw .status(head.status, host: host)
        }
        current = next
      default: throw .status(head.status, host: host)
      }
    }
    throw .tooManyRedirects
  }
}

extension WebDownload.Reach {
  func includes(_ host: String) -> Bool {
    switch self {
    case .anywhere: true
    case .hosts(let hosts, _): hosts.contains(host)
    }
  }

  func includes(_ address: UnsafePointer<sockaddr>) -> Bool {
    switch self {
    case .anywhere: true
    case .hosts(_, let allowsPrivateAddresses): allowsPrivateAddresses || isPublic(address)
    }
  }

  /// How connections are made; a file for somebody else takes none of the user's proxies.
  var settings: TransportSettings {
    if case .anywhere(let settings) = self { settings } else { TransportSettings() }
  }
}

/// One transfer from one address.
private final class WebTransfer {
  let limitBytes: Int
  let reach: WebDownload.Reach
  private(set) var body: [UInt8] = []
  private var head: HTTPHead?
  private var isTooLarge = false
  private var hasMetPrivateAddress = false

  init(limitBytes: Int, reach: WebDownload.Reach) {
    self.limitBytes = limitBytes
    self.reach = reach
  }

  func run(
    _ address: WebAddress, seconds: Int
  ) throws(WebDownload.Fault) -> HTTPHead {
    let host = address.origin.host
    guard LibraryState.initialized, let handle = curl_easy_init() else {
      throw .failed(host: host, reason: "libcurl cannot be used")
    }
    defer { curl_easy_cleanup(handle) }
    _ = ccurl_set_text(handle, CURLOPT_URL, address.text)
    _ = ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    let settings = reach.settings
    _ = ccurl_set_text(handle, CURLOPT_USERAGENT, settings.userAgent)
    _ = ccurl_set_text(handle, CURLOPT_PROXY, settings.proxies.proxy(for: address) ?? "")
    _ = ccurl_set_text(handle, CURLOPT_NOPROXY, settings.proxies.exceptions)
    if let file = settings.certificates { _ = ccurl_set_text(handle, CURLOPT_CAINFO, file) }
    _ = ccurl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
    _ = ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    _ = ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(settings.timing.answer.milliseconds))
    _ = ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, seconds * 1000)
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = ccurl_set_callbacks(handle, takeHeaderLine, takeBody, context)
    _ = ccurl_set_open_socket(handle, openSocket, context)
    let code = curl_easy_perform(handle)
    if hasMetPrivateAddress { throw .privateAddress(host: host) }
    if isTooLarge { throw .tooLarge(limitBytes: limitBytes) }
    guard code == CURLE_OK, let head else {
      throw .failed(host: host, reason: String(cString: curl_easy_strerror(code)))
    }
    return head
  }

  fileprivate func take(headerLine bytes: UnsafeRawBufferPointer) {
    let line = String(decoding: bytes, as: UTF8.self).trimmingWhitespace()
    if let start = HTTPHead(statusLine: line) {
      head = start
    } else if !line.isEmpty {
      head?.add(line: line)
    }
  }

  fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
    isTooLarge = body.count + bytes.count > limitBytes
    if !isTooLarge { body.append(contentsOf: bytes) }
    return !isTooLarge
  }

  /// Opens the socket for an address that a name stands for, unless it is not public.
  fileprivate func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
    guard reach.includes(ccurl_address(address)) else {
      hasMetPrivateAddress = true
      return CURL_SOCKET_BAD
    }
    return socket(
      address.pointee.family, address.pointee.socktype, address.pointee.protocol)
  }
}

private func takeHeaderLine(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  transfer(context)?.take(
    headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count))
  return size * count
}

private func takeBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  let goesOn =
    transfer(context)?.take(body: UnsafeRawBufferPointer(start: bytes, count: size * count))
    ?? false
  return goesOn ? size * count : size * count &+ 1
}

private func openSocket(
  _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype,
  _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let address else { return CURL_SOCKET_BAD }
  return transfer(context)?.open(address) ?? CURL_SOCKET_BAD
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> WebTransfer? {
  context.map { Unmanaged<WebTransfer>.fromOpaque($0).takeUnretainedValue() }
}
