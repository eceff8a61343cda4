import Files

/// Fetches small answers, one after the other: follows redirects, waits when told to, tries again.
final class Fetcher {
  struct Answer {
    let head: HTTPHead
    let body: [UInt8]
  }

  /// No listing of a model comes near this.
  private static let longestBody = 64 << 20

  private let client: HTTPClient
  private let timing: Timing
  private let cancellation: Cancellation
  private let listener: HubListener

  init(
    client: HTTPClient, timing: Timing, cancellation: Cancellation,
    listener: @escaping HubListener
  ) {
    (self.client, self.timing) = (client, timing)
    (self.cancellation, self.listener) = (cancellation, listener)
  }

  /// Fetches an address of a hub; throws what an answer other than 200 means there.
  func fetch(
    _ start: WebAddress, of hub: some HubProtocol, repository: RepositoryID, revision: Revision
  ) throws(HubError) -> Answer {
    var budget = RetryBudget(timing)
    var address = start
    var hops = 0
    while true {
      let (head, body, end) = try exchange(address, headers: hub.headers(for: address))
      var setback: Setback
      if case .failed(let error) = end {
        setback = .connection(error)
      } else if let head, Setback.isTemporary(head.status) {
        setback = .busy(head, at: address)
      } else if let head {
        if let next = try Redirect.target(of: head, from: address) {
          hops += 1
          guard hops <= Redirect.limit else {
            throw .tooManyRedirects(address: start.withoutQuery)
          }
          address = next
          continue
        }
        guard head.status == 200 else {
          throw hub.failure(
            head, body: body, at: address, repository: repository, revision: revision)
        }
        guard end == .complete else {
          throw .notAHub(address: address.withoutQuery, .endlessListing)
        }
        return Answer(head: head, body: body)
      } else {
        setback = .connection(.noAnswer(host: address.origin.host))
      }
      let wait = try budget.wait(after: setback) { head in
        hub.failure(head, body: body, at: address, repository: repository, revision: revision)
      }
      listener(
        .waiting(host: address.origin.host, setback.pause, seconds: wait.seconds))
      try pause(wait)
    }
  }

  private func exchange(
    _ address: WebAddress, headers: [(name: String, value: String)]
  ) throws(HubError) -> (head: HTTPHead?, body: [UInt8], end: HTTPEnd) {
    let collector = Collector(limit: Self.longestBody)
    let exchange = try client.start(
      HTTPRequest(address: address, headers: headers), receiver: collector)
    while collector.end == nil {
      if cancellation.isRequested { client.cancel(exchange) }
      try cancellation.check()
      client.step(upTo: .milliseconds(50))
    }
    return (collector.head, collector.body, collector.end ?? .stopped)
  }

  private func pause(_ duration: Duration) throws(HubError) {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end {
      try cancellation.check()
      client.step(upTo: min(.milliseconds(50), ContinuousClock.now.duration(to: end)))
    }
  }
}

/// Keeps a whole answer in memory, up to a limit.
private final class Collector: HTTPReceiver {
  private let limit: Int
  private(set) var head: HTTPHead?
  private(set) var body: [UInt8] = []
  private(set) var end: HTTPEnd?

  init(limit: Int) { self.limit = limit }

  func receive(head: HTTPHead) -> Bool {
    self.head = head
    return true
  }

  func receive(body bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= limit else { return false }
    body.append(contentsOf: bytes)
    return true
  }

  func finish(_ end: HTTPEnd) { self.end = end }
}
