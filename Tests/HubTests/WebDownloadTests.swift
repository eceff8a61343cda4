import Foundation
import Testing

@testable import Hub

@Suite("Files from the web")
struct WebDownloadTests {
  @Test(
    "addresses of this machine, of private networks and of no network are not public",
    arguments: [
      "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1",
      "172.31.255.255", "192.0.2.1", "192.168.1.1", "198.18.0.1", "203.0.113.9", "224.0.0.1",
      "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
      "fc00::1", "fe80::1", "ff02::1", "2001:db8::1", "2002:7f00:1::1", "2001:0:1::1",
    ])
  func notPublic(text: String) throws { #expect(try isPublicText(text) == false) }

  @Test(
    "others are", arguments: ["1.1.1.1", "8.8.8.8", "172.32.0.1", "192.167.1.1", "2606:4700::1"])
  func others(text: String) throws { #expect(try isPublicText(text)) }

  @Test("a name that leads to this machine is refused before anything is sent")
  func loopback() throws {
    let server = try CannedServer(["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"])
    let download = WebDownload(publicHosts: ["127.0.0.1", "localhost"], limitBytes: 100)
    for host in ["127.0.0.1", "localhost"] {
      #expect(throws: WebDownload.Fault.privateAddress(host: host)) {
        try download.bytes(of: "http://\(host):\(server.port)/a.png")
      }
    }
    #expect(server.requests == 0)
  }

  @Test("only named hosts are asked, and only over http")
  func hosts() {
    let download = WebDownload(publicHosts: ["pictures.example"], limitBytes: 100)
    #expect(throws: WebDownload.Fault.hostNotAllowed("other.example")) {
      try download.bytes(of: "http://other.example/a.png")
    }
    for address in [
      "file:///etc/passwd", "ftp://pictures.example/a", "x", "http://me@pictures.example/",
    ] {
      #expect(throws: WebDownload.Fault.badAddress) { try download.bytes(of: address) }
    }
  }

  @Test("a file comes as it is, and no larger than the limit")
  func sizes() throws {
    let server = try CannedServer([
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + String(repeating: "x", count: 2000),
      "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    ])
    let download = WebDownload(
      hosts: ["127.0.0.1"], limitBytes: 100, allowsPrivateAddresses: true)
    let address = "http://127.0.0.1:\(server.port)/a.png"
    #expect(try download.bytes(of: address) == Array("hello".utf8))
    #expect(throws: WebDownload.Fault.tooLarge(limitBytes: 100)) {
      try download.bytes(of: address)
    }
    #expect(throws: WebDownload.Fault.status(404, host: "127.0.0.1")) {
      try download.bytes(of: address)
    }
  }

  @Test("a file that does not come in time, and a host that is not there, are told apart")
  func failures() throws {
    let server = try CannedServer(
      ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"], staysOpen: true)
    let address = "http://127.0.0.1:\(server.port)/a.png"
    let download = WebDownload(
      hosts: ["127.0.0.1"], limitBytes: 100, seconds: 1, allowsPrivateAddresses: true)
    #expect(throws: WebDownload.Fault.late(host: "127.0.0.1")) { try download.bytes(of: address) }
    #expect {
      try download.bytes(of: "http://127.0.0.1:1/a.png")
    } throws: { error in
      if case WebDownload.Fault.failed("127.0.0.1", _) = error { true } else { false }
    }
  }

  @Test("a redirect is followed to hosts that may be asked, and to no other")
  func redirects() throws {
    let server = try CannedServer([
      "HTTP/1.1 302 Found\r\nLocation: /b.png\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
      "HTTP/1.1 302 Found\r\nLocation: http://localhost/b.png\r\nContent-Length: 0\r\n\r\n",
    ])
    let download = WebDownload(
      hosts: ["127.0.0.1"], limitBytes: 100, allowsPrivateAddresses: true)
    let address = "http://127.0.0.1:\(server.port)/a.png"
    #expect(try download.bytes(of: address) == Array("hi".utf8))
    #expect(throws: WebDownload.Fault.hostNotAllowed("localhost")) {
      try download.bytes(of: address)
    }
  }

  @Test("an address that the user typed may be anywhere, also behind a proxy of the user's")
  func typed() throws {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    let server = try CannedServer([
      "HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\n\r\n", page,
    ])
    var settings = TransportSettings()
    settings.proxies.http = "http://127.0.0.1:\(server.port)"
    let download = WebDownload(settings: settings, limitBytes: 100)
    #expect(try download.bytes(of: "http://pictures.example/a.png") == Array("hi".utf8))
    #expect(throws: WebDownload.Fault.badAddress) { try download.bytes(of: "file:///etc/passwd") }
  }

  private func isPublicText(_ text: String) throws -> Bool {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      return isPublic(ipv4: UInt32(bigEndian: four.s_addr))
    }
    var six = in6_addr()
    try #require(inet_pton(AF_INET6, text, &six) == 1)
    return withUnsafeBytes(of: six) { isPublic(ipv6: Array($0)) }
  }
}

/// Gives one prepared answer to each connection, on a port of the loopback address.
private final class CannedServer: @unchecked Sendable {
  // Sendable: the counter is behind a lock, the rest does not change.
  let port: Int
  private let listener: Int32
  private let lock = NSLock()
  private var count = 0

  /// Connections that were answered.
  var requests: Int { lock.withLock { count } }

  /// With `staysOpen` a connection is not closed behind its answer.
  init(_ answers: [String], staysOpen: Bool = false) throws {
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, size) | getsockname(listener, pointer, &size)
      }
    }
    try #require(code == 0 && listen(listener, 8) == 0)
    port = Int(in_port_t(bigEndian: address.sin_port))
    DispatchQueue.global().async { [weak self] in
      for answer in answers {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        self?.lock.withLock { self?.count += 1 }
        var buffer = [UInt8](repeating: 0, count: 4096)
        _ = recv(connection, &buffer, buffer.count, 0)
        let bytes = Array(answer.utf8)
        _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        if !staysOpen { close(connection) }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
