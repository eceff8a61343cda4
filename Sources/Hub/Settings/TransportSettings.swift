/// How connections are made and how long they are waited for.
package struct TransportSettings: Sendable {
  package var userAgent = "internvl"
  package var proxies = Proxies()
  /// A PEM file that replaces the system's; libcurl goes on to look into the system's folder too.
  package var certificates: String?
  package var timing = Timing()
  /// How many connections are open to one host at a time.
  package var connections = 8

  package init() {}
}

/// Every time that the downloader waits for; tests shorten them.
package struct Timing: Sendable {
  /// The longest wait for a connection.
  package var connection = Duration.seconds(60)
  /// The wait for a connection and for the head of an answer.
  package var answer = Duration.seconds(10)
  /// The longest silence inside a body.
  package var stall = Duration.seconds(10)
  /// A connection that stays below this many bytes a second for twice the stall time is given up.
  package var lowestRate = 1000
  /// How often a request is tried without getting any further.
  package var attempts = 6
  /// The wait before the second try; it doubles with each further one.
  package var firstRetry = Duration.milliseconds(500)
  /// How long a second lasts that a hub asks to wait for.
  package var second = Duration.seconds(1)
  /// The longest wait, in seconds, that a hub may ask for; both count in windows of 5 minutes.
  package var longestWait = 300

  package init() {}

  /// The wait before try number `attempt + 1`, lengthened by up to a quarter at random so that
  /// connections do not come back all at once.
  func delay(afterAttempt attempt: Int) -> Duration {
    let doubled = firstRetry * (1 << min(max(attempt - 1, 0), 4))
    return doubled * Double.random(in: 1...1.25)
  }
}

/// Which proxy a request goes through.
package struct Proxies: Sendable, Equatable {
  /// For `http` and `https` addresses: the proxy's URL.
  package var http: String?
  package var https: String?
  /// Hosts that are asked directly, as in `NO_PROXY`.
  package var exceptions = ""

  package init() {}

  func proxy(for address: WebAddress) -> String? {
    address.origin.scheme == "https" ? https : http
  }
}
