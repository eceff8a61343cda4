/// One request to a web server, whose answer is handed out as it arrives.
package enum WebExchange {
  /// Sends a request and waits, on the calling thread, until the answer's end.
  ///
  /// Redirects are not followed.
  ///
  /// - Parameters:
  ///   - request: what is asked.
  ///   - settings: proxies, certificates and how long silence is waited for.
  ///   - isCancelled: asked many times a second.
  ///   - receive: gets each piece of the body with the answer's head; when it throws, the exchange ends,
  ///     and the error is passed on.
  /// - Returns: the answer's head.
  /// - Throws: `HubError` where there is no connection or no more of the answer, and what `receive` throws.
  @discardableResult
  package static func run(
    _ request: HTTPRequest, settings: TransportSettings, isCancelled: () -> Bool,
    receive: @escaping (HTTPHead, UnsafeRawBufferPointer) throws -> Void
  ) throws -> HTTPHead {
    let receiver = Receiver(receive)
    let client = try HTTPClient(settings: settings)
    let exchange = try client.start(request, receiver: receiver)
    while receiver.end == nil {
      if isCancelled() {
        client.cancel(exchange)
        throw HubError.cancelled
      }
      client.step(upTo: .milliseconds(50))
    }
    if let error = receiver.error { throw error }
    if case .failed(let error)? = receiver.end { throw error }
    guard let head = receiver.head else {
      throw HubError.noAnswer(host: request.address.origin.host)
    }
    return head
  }

  private final class Receiver: HTTPReceiver {
    private let receive: (HTTPHead, UnsafeRawBufferPointer) throws -> Void
    private(set) var head: HTTPHead?
    private(set) var error: (any Error)?
    private(set) var end: HTTPEnd?

    init(_ receive: @escaping (HTTPHead, UnsafeRawBufferPointer) throws -> Void) {
      self.receive = receive
    }

    func receive(head: HTTPHead) -> Bool {
      self.head = head
      return true
    }

    func receive(body: UnsafeRawBufferPointer) -> Bool {
      guard let head else { return false }
      do {
        try receive(head, body)
        return true
      } catch {
        self.error = error
        return false
      }
    }

    func finish(_ end: HTTPEnd) { self.end = end }
  }
}
