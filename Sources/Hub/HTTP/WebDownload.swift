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
    /// The file did not come in time.
    case late(host: String)
    /// The transfer failed; `reason` is libcurl's sentence.
    case failed(host: String, reason: String)
  }

  /// Where files may come from.
  private enum Reach {
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
    let end = ContinuousClock.now + .seconds(seconds)
    for _ in 0...Self.mostRedirects {
      let host = current.origin.host
      guard includes(host) else { throw .hostNotAllowed(host) }
      let answer = try answer(of: current, until: end)
      switch answer.head.status {
      case 200: return answer.body
      case 301, 302, 303, 307, 308:
        guard let location = answer.head["location"], let next = current.resolving(location) else {
          throw .status(answer.head.status, host: host)
        }
        current = next
      case let status: throw .status(status, host: host)
      }
    }
    throw .tooManyRedirects
  }

  private func includes(_ host: String) -> Bool {
    if case .hosts(let hosts, _) = reach { hosts.contains(host) } else { true }
  }

  private func answer(
    of address: WebAddress, until end: ContinuousClock.Instant
  ) throws(Fault) -> (head: HTTPHead, body: [UInt8]) {
    var request = HTTPRequest(address: address)
    // A file for somebody else takes none of the user's proxies.
    var settings = TransportSettings()
    switch reach {
    case .anywhere(let own): settings = own
    case .hosts(_, allowsPrivateAddresses: false): request.admits = isPublic
    case .hosts: break
    }
    let file = Body(limitBytes: limitBytes)
    do {
      let head = try WebExchange.run(
        request, settings: settings, isCancelled: { ContinuousClock.now > end }
      ) { _, bytes in try file.append(bytes) }
      return (head, file.bytes)
    } catch let fault as Fault {
      throw fault
    } catch HubError.notPublic(let host) {
      throw .privateAddress(host: host)
    } catch HubError.unreachable(let host, let reason), HubError.tlsFailed(let host, let reason) {
      throw .failed(host: host, reason: reason)
    } catch {  // it was silent, or there was no time left
      throw .late(host: address.origin.host)
    }
  }
}

/// A file as it arrives.
private final class Body {
  private let limitBytes: Int
  private(set) var bytes: [UInt8] = []

  init(limitBytes: Int) { self.limitBytes = limitBytes }

  func append(_ piece: UnsafeRawBufferPointer) throws(WebDownload.Fault) {
    guard bytes.count + piece.count <= limitBytes else { throw .tooLarge(limitBytes: limitBytes) }
    bytes.append(contentsOf: piece)
  }
}
