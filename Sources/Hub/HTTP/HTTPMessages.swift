import CCurl
import Foundation

/// One `GET` request, or a `POST` with a body; the library adds the host and connection headers.
package struct HTTPRequest: Sendable {
  package let address: WebAddress
  /// Names and values, in order.
  var headers: [(name: String, value: String)]
  /// What is posted; nil asks for the address alone.
  var body: [UInt8]?
  /// Which of the addresses that the host's name stands for may be asked; nil for all.
  var admits: (@Sendable (UnsafePointer<sockaddr>) -> Bool)?

  package init(
    address: WebAddress, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
  ) {
    self.address = address
    self.headers = headers
    self.body = body
  }
}

/// The status line and the headers of an answer.
package struct HTTPHead: Sendable {
  package let status: Int
  /// Names in lower case; of a repeated header the last one counts.
  private(set) var headers: [String: String] = [:]

  /// Reads a status line such as "HTTP/1.1 206 Partial Content".
  init?(statusLine: some StringProtocol) {
    let words = statusLine.split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else {
      return nil
    }
    self.status = status
  }

  mutating func add(line: some StringProtocol) {
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].trimmingWhitespace()
    headers[line[..<colon].lowercased()] = value
  }

  package subscript(name: String) -> String? { headers[name] }

  /// `Content-Length`, where it is a number.
  var contentLength: Int64? { self["content-length"].flatMap { Int64($0) } }

  /// Whether the body is compressed, so that its offsets are not the file's.
  var isEncoded: Bool {
    self["content-encoding"].map { $0.lowercased() != "identity" } ?? false
  }

  /// What `Content-Range` says, for example "bytes 0-9/100": the range and the whole size.
  var contentRange: (range: Range<Int64>, size: Int64?)? {
    guard let value = self["content-range"], value.hasPrefix("bytes ") else { return nil }
    let halves = value.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    let ends = halves[0].split(separator: "-")
    guard halves.count == 2, ends.count == 2, let first = Int64(ends[0]),
      let last = Int64(ends[1]), first >= 0, last >= first, last < .max
    else { return nil }
    return (first..<(last + 1), Int64(halves[1]))
  }

  /// The seconds to wait before the next request: `Retry-After` as a number or a date (RFC 9110,
  /// section 10.2.3), else the reset time of an exhausted `RateLimit` ("…;r=0;t=55").
  var requestedWait: Int? { requestedWait(at: Int(Date().timeIntervalSince1970)) }

  /// The same at a time in seconds since 1970, which a date is counted from.
  func requestedWait(at now: Int) -> Int? {
    if let value = self["retry-after"] {
      if let seconds = Int(value), seconds >= 0 { return seconds }
      let date = Int(value) == nil ? curl_getdate(value, nil) : -1
      if date >= 0 { return max(0, date - now) }
    }
    guard let limit = self["ratelimit"] else { return nil }
    let items = limit.split(separator: ";").map { $0.trimmingWhitespace() }
    guard items.contains("r=0"), let reset = items.first(where: { $0.hasPrefix("t=") }) else {
      return nil
    }
    return Int(reset.dropFirst(2)).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// The reference of a `Link` header's entry with `rel="next"`.
  var nextPage: String? {
    guard let link = self["link"] else { return nil }
    for entry in link.split(separator: ",") where entry.contains("rel=\"next\"") {
      guard let open = entry.firstIndex(of: "<"), let close = entry.firstIndex(of: ">"),
        open < close
      else { continue }
      return String(entry[entry.index(after: open)..<close])
    }
    return nil
  }
}

extension StringProtocol {
  /// The text without spaces, tabs and line ends on either side.
  func trimmingWhitespace() -> String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
    return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}

/// Where an answer sends the client, and where it must not.
enum Redirect {
  /// How many redirects one request may take.
  static let limit = 10

  /// The next address of a redirect; nil when the answer is not one.
  static func target(of head: HTTPHead, from address: WebAddress) throws(HubError) -> WebAddress? {
    guard [301, 302, 303, 307, 308].contains(head.status) else { return nil }
    guard let location = head["location"] else {
      throw .notAHub(address: address.withoutQuery, .redirectWithoutTarget)
    }
    guard let next = address.resolving(location) else {
      throw .refusedRedirect(
        from: address.withoutQuery, to: location, .notAWebAddress)
    }
    guard address.origin.scheme == "http" || next.origin.scheme == "https" else {
      throw .refusedRedirect(
        from: address.withoutQuery, to: next.withoutQuery, .notEncrypted)
    }
    return next
  }
}
