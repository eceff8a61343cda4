import CCurl

/// An absolute `http` or `https` URL without user information, taken apart by libcurl's parser.
package struct WebAddress: Hashable, Sendable, CustomStringConvertible {
  /// Scheme, host and port: what credentials belong to.
  package struct Origin: Hashable, Sendable {
    let scheme: String
    let host: String
    let port: String
  }

  /// The whole URL, normalised, without its fragment.
  package let text: String
  package let origin: Origin
  /// The path, which begins with a slash.
  package let path: String

  package var description: String { text }

  /// The URL without its query, which may be signed.
  var withoutQuery: String { String(text.unicodeScalars.prefix { $0 != "?" }) }

  /// Reads an absolute URL; nil when it is not one that may be requested.
  package init?(_ text: String) { self.init(reading: [text]) }

  /// Where a reference found at this address leads (RFC 3986, section 5); nil as above.
  func resolving(_ reference: String) -> WebAddress? { WebAddress(reading: [text, reference]) }

  /// Reads the first text as an absolute URL and each further one as a reference from there.
  private init?(reading texts: [String]) {
    guard let url = curl_url() else { return nil }
    defer { curl_url_cleanup(url) }
    for text in texts {
      guard curl_url_set(url, CURLUPART_URL, text, UInt32(CURLU_DISALLOW_USER)) == CURLUE_OK else {
        return nil
      }
    }
    guard curl_url_set(url, CURLUPART_FRAGMENT, nil, 0) == CURLUE_OK,
      let scheme = Self.part(CURLUPART_SCHEME, of: url), scheme == "http" || scheme == "https",
      let host = Self.part(CURLUPART_HOST, of: url),
      let port = Self.part(CURLUPART_PORT, of: url, flags: CURLU_DEFAULT_PORT),
      let path = Self.part(CURLUPART_PATH, of: url),
      let whole = Self.part(CURLUPART_URL, of: url)
    else { return nil }
    self.text = whole
    self.path = path
    origin = Origin(scheme: scheme, host: host.lowercased(), port: port)
  }

  private static func part(_ part: CURLUPart, of url: OpaquePointer, flags: Int32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(url, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
