import Foundation

/// A client that sends exactly the bytes it is told to, and shows exactly what comes back.
struct HTTPProbe: Sendable {
  let port: Int

  struct Answer: Sendable {
    let status: Int
    /// By name in lower case.
    let headers: [String: String]
    /// Without the framing of chunks.
    let body: String
    /// Of a chunked body, the chunks as they came.
    let chunks: [String]

    /// A value of the body's JSON by its path, such as `choices.0.message.content`.
    subscript(path: String) -> Any? {
      let root = try? JSONSerialization.jsonObject(with: Data(body.utf8))
      return Self.value(in: root, path)
    }

    /// The JSON of each event of a stream but its last, `[DONE]`.
    var events: [Any] {
      body.components(separatedBy: "\n\n").filter { !$0.isEmpty && $0 != "data: [DONE]" }
        .compactMap {
          try? JSONSerialization.jsonObject(with: Data($0.dropFirst("data: ".count).utf8))
        }
    }

    static func value(in root: Any?, _ path: String) -> Any? {
      var value = root
      for key in path.split(separator: ".") {
        if let index = Int(key) {
          guard let list = value as? [Any], list.indices.contains(index) else { return nil }
          value = list[index]
        } else {
          value = (value as? [String: Any])?[String(key)]
        }
      }
      return value
    }
  }

  func get(_ path: String, headers: [String] = []) async throws -> Answer {
    try await send(head("GET \(path)", headers))
  }

  func post(_ path: String, _ body: String, headers: [String] = []) async throws -> Answer {
    let length = "Content-Length: \(body.utf8.count)"
    return try await send(head("POST \(path)", headers + [length]) + body)
  }

  private func head(_ line: String, _ headers: [String]) -> String {
    ([line + " HTTP/1.1", "Host: localhost", "Connection: close"] + headers)
      .joined(separator: "\r\n") + "\r\n\r\n"
  }

  /// Sends text and reads until the server closes the connection.
  func send(_ text: String) async throws -> Answer {
    let bytes = try await exchange(Array(text.utf8))
    guard let answer = Self.parse(bytes) else {
      throw ProbeError.notHTTP(String(decoding: bytes, as: UTF8.self))
    }
    return answer
  }

  /// Sends bytes and returns all that come until the server closes the connection.
  func exchange(_ bytes: [UInt8]) async throws -> [UInt8] {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result {
            let connection = try Connection(port: port)
            connection.send(bytes)
            return connection.readToEnd()
          })
      }
    }
  }

  private static func parse(_ bytes: [UInt8]) -> Answer? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
    guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers[parts[0].lowercased()] = parts.last?.trimmingCharacters(in: .whitespaces)
    }
    var body = String(text[end.upperBound...])
    var chunks: [String] = []
    if headers["transfer-encoding"] == "chunked" {
      chunks = self.chunks(Array(body.utf8))
      body = chunks.joined()
    }
    return Answer(status: status, headers: headers, body: body, chunks: chunks)
  }

  private static func chunks(_ bytes: [UInt8]) -> [String] {
    var rest = bytes[...]
    var chunks: [String] = []
    while let line = rest.firstIndex(of: UInt8(ascii: "\r")),
      let count = Int(String(decoding: rest[..<line], as: UTF8.self), radix: 16), count > 0
    {
      let start = line + 2
      chunks.append(String(decoding: rest[start..<start + count], as: UTF8.self))
      rest = rest[(start + count + 2)...]
    }
    return chunks
  }
}

enum ProbeError: Error {
  case notConnected(Int32)
  case notHTTP(String)
}

/// A TCP connection to a port of this machine.
final class Connection {
  private let descriptor: Int32

  init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { throw ProbeError.notConnected(errno) }
  }

  deinit { close(descriptor) }

  /// Sends as much as the server takes.
  func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// What comes next, at most `count` bytes; nothing at the end.
  func read(_ count: Int = 65_536) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let got = recv(descriptor, &buffer, count, 0)
    return Array(buffer.prefix(max(0, got)))
  }

  func readToEnd() -> [UInt8] {
    var bytes: [UInt8] = []
    while case let more = read(), !more.isEmpty { bytes += more }
    return bytes
  }
}
