/// Something that went wrong on the way and may go better the next time.
enum Setback {
  case connection(HubError)
  /// The server said to come back later, or failed.
  case busy(HTTPHead, at: WebAddress)

  /// Statuses worth another try.
  static func isTemporary(_ status: Int) -> Bool {
    [408, 429, 500, 502, 503, 504].contains(status)
  }

  /// What whoever listens is told.
  var pause: HubEvent.Pause {
    switch self {
    case .connection(let error): .connection(error)
    case .busy(let head, _): .busy(status: head.status)
    }
  }
}

/// Counts the tries of one thing and says how long to wait before the next.
struct RetryBudget {
  private let timing: Timing
  private var failures = 0

  init(_ timing: Timing) { self.timing = timing }

  /// Something was achieved: all tries are there again.
  mutating func refill() { failures = 0 }

  /// The wait before the next try; throws what to tell the user when there is none.
  ///
  /// `failure` makes what to throw for a server that stays busy for another reason than a rate limit.
  mutating func wait(
    after setback: Setback, otherwise failure: (HTTPHead) -> HubError
  ) throws(HubError) -> Duration {
    failures += 1
    switch setback {
    case .connection(let error):
      if case .tlsFailed = error { throw error }
      guard failures < timing.attempts else { throw error }
      return timing.delay(afterAttempt: failures)
    case .busy(let head, let address):
      let seconds = head.requestedWait
      guard failures < timing.attempts, seconds ?? 0 <= timing.longestWait else {
        throw head.status == 429
          ? .rateLimited(host: address.origin.host, seconds: seconds) : failure(head)
      }
      let backoff = timing.delay(afterAttempt: failures)
      return seconds.map { max(backoff, timing.second * $0) } ?? backoff
    }
  }
}
