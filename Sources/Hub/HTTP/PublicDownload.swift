import CCurl
import Foundation

/// Fetches small files from a few hosts of the public internet, and from nowhere else.
///
/// An address that somebody else wrote must not reach this machine's own network. So only named hosts
/// are asked, and only where the name stands for a public address; both are looked at again for each
/// redirect. There is no proxy, which would resolve names itself.
package struct PublicDownload: Sendable {
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

  private static let mostRedirects = 3

  private let hosts: Set<String>
  private let limitBytes: Int
  private let seconds: Int
  private let allowsPrivateAddresses: Bool

  /// Prepares downloads from these hosts, each of at most so many bytes and seconds.
  package init(hosts: [String], limitBytes: Int, seconds: Int = 20) {
    self.init(
      hosts: hosts, limitBytes: limitBytes, seconds: seconds, allowsPrivateAddresses: false)
  }

  /// For tests, which have nothing but addresses of their own machine.
  init(hosts: [String], limitBytes: Int, seconds: Int = 20, allowsPrivateAddresses: Bool) {
    self.hosts = Set(hosts.map { $0.lowercased() })
    self.limitBytes = limitBytes
    self.seconds = seconds
    self.allowsPrivateAddresses = allowsPrivateAddresses
  }

  /// The bytes of a file; blocks until they are here.
  package func bytes(of address: String) throws(Fault) -> [UInt8] {
    guard var current = WebAddress(address) else { throw .badAddress }
    for _ in 0...Self.mostRedirects {
      let host = current.origin.host
      guard hosts.contains(host) else { throw .hostNotAllowed(host) }
      let transfer = PublicTransfer(
        limitBytes: limitBytes, allowsPrivateAddresses: allowsPrivateAddresses)
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

/// One transfer from one address.
private final class PublicTransfer {
  let limitBytes: Int
  let allowsPrivateAddresses: Bool
  private(set) var body: [UInt8] = []
  private var head: HTTPHead?
  private var isTooLarge = false
  private var hasMetPrivateAddress = false

  init(limitBytes: Int, allowsPrivateAddresses: Bool) {
    self.limitBytes = limitBytes
    self.allowsPrivateAddresses = allowsPrivateAddresses
  }

  func run(
    _ address: WebAddress, seconds: Int
  ) throws(PublicDownload.Fault) -> HTTPHead {
    let host = address.origin.host
    guard LibraryState.initialized, let handle = curl_easy_init() else {
      throw .failed(host: host, reason: "libcurl cannot be used")
    }
    defer { curl_easy_cleanup(handle) }
    _ = ccurl_set_text(handle, CURLOPT_URL, address.text)
    _ = ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    _ = ccurl_set_text(handle, CURLOPT_PROXY, "")
    _ = ccurl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
    _ = ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
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
    guard allowsPrivateAddresses || isPublic(ccurl_address(address)) else {
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

private func transfer(_ context: UnsafeMutableRawPointer?) -> PublicTransfer? {
  context.map { Unmanaged<PublicTransfer>.fromOpaque($0).takeUnretainedValue() }
}
