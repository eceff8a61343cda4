package import Hub
import JSON

/// A server that speaks OpenAI's interface, whatever program it is.
package struct Endpoint: Sendable {
  /// The address that the interface's paths follow: `http://127.0.0.1:8000/v1`.
  package let address: String
  private let models: WebAddress
  private let completions: WebAddress
  private let key: String?
  private let settings: TransportSettings

  /// A server at an address with or without `/v1`.
  ///
  /// - Parameters:
  ///   - text: the address.
  ///   - key: what the server wants as a bearer token; nil sends none.
  ///   - settings: proxies and certificates; a server on this machine is asked directly.
  ///   - patience: how long a silence may be, before the answer and in it.
  /// - Throws: `EndpointError.badAddress`.
  package init(
    _ text: String, key: String?, settings: TransportSettings, patience: Duration = .seconds(300)
  ) throws(EndpointError) {
    let written = String(text.reversed().drop { $0 == "/" }.reversed())
    address = WebAddress(written)?.path == "/" ? written + "/v1" : written
    guard !written.contains("?"), let models = WebAddress(address + "/models"),
      let completions = WebAddress(address + "/chat/completions")
    else { throw .badAddress(text) }
    self.models = models
    self.completions = completions
    self.key = key
    self.settings = settings.patient(patience)
  }

  // MARK: - Models

  /// The server's one model for which `matches` holds; where nothing is `wanted`, its only one.
  ///
  /// - Throws: `EndpointError`; `HubError.cancelled`.
  package func model(
    wanted: String?, matches: (String) -> Bool, isCancelled: () -> Bool
  ) throws -> String {
    let names = try modelNames(isCancelled: isCancelled)
    let found = wanted == nil ? names : names.filter(matches)
    if found.count == 1 { return found[0] }
    if let wanted, found.isEmpty, !names.isEmpty {
      throw EndpointError.noModel(wanted, models: names)
    }
    throw EndpointError.chooseModel(models: found)
  }

  private func modelNames(isCancelled: () -> Bool) throws -> [String] {
    let body = try send(HTTPRequest(address: models, headers: headers), isCancelled: isCancelled)
    do {
      return try JSONObject(body.span.bytes, file: "").optionalObjects("data")?.compactMap {
        try $0.optionalString("id")
      } ?? []
    } catch {
      throw EndpointError.notTheInterface(address: models.text, found: "'\(excerpt(body))'")
    }
  }

  /// Sends a request whose answer is one piece of JSON.
  private func send(_ request: HTTPRequest, isCancelled: () -> Bool) throws -> [UInt8] {
    let collected = Body()
    try exchange(request, isCancelled: isCancelled) { _, bytes in
      collected.append(bytes)
    }
    return collected.bytes
  }

  // MARK: - Answers

  /// Asks a question; the answer comes in pieces, on the calling thread.
  ///
  /// - Throws: `EndpointError`.
  package func answer(
    _ question: EndpointQuestion, isCancelled: () -> Bool,
    onThought: @escaping (String) -> Void = { _ in }, onText: @escaping (String) -> Void = { _ in }
  ) throws -> EndpointReply {
    let reading = AnswerReading(
      model: question.model, onThought: onThought, onText: onText)
    let request = HTTPRequest(
      address: completions, headers: headers + [(name: "Content-Type", value: "application/json")],
      body: question.json())
    do {
      try exchange(request, isCancelled: isCancelled) { head, bytes in
        guard head.isEventStream else {
          throw EndpointError.notTheInterface(
            address: completions.text, found: head.kind)
        }
        try reading.take(bytes)
      }
    } catch HubError.cancelled {
      return reading.cancelled()
    } catch EndpointError.unreachable where reading.hasBegun {
      // The connection broke, perhaps after the answer's end.
    } catch EndpointError.silent where reading.isComplete {
    }
    return try reading.finished()
  }

  /// Hands on a request of the interface whose answer is one piece.
  ///
  /// - Parameters:
  ///   - body: JSON, sent as it is.
  ///   - path: behind the interface's address, such as `/chat/completions`.
  ///   - isCancelled: asked several times a second.
  /// - Returns: the status, and the body as it came.
  /// - Throws: `EndpointError` where the server does not answer, or not with JSON;
  ///   `HubError.cancelled`.
  package func forward(
    _ body: [UInt8], to path: String, isCancelled: () -> Bool
  ) throws -> (status: Int, body: [UInt8]) {
    guard let target = WebAddress(address + path) else { throw EndpointError.badAddress(path) }
    let collected = Body()
    let request = HTTPRequest(
      address: target, headers: headers + [(name: "Content-Type", value: "application/json")],
      body: body)
    do {
      let head = try WebExchange.run(request, settings: settings, isCancelled: isCancelled) {
        collected.append($1)
      }
      guard (try? JSONObject(collected.bytes.span.bytes, file: "")) != nil else {
        throw head.status == 200
          ? EndpointError.notTheInterface(address: target.text, found: head.kind)
          : refusal(head, collected.bytes, target)
      }
      if [401, 403].contains(head.status) { throw refusal(head, collected.bytes, target) }
      return (head.status, collected.bytes)
    } catch let error as HubError where error != .cancelled {
      throw EndpointError(error, patience: settings.timing.stall)
    }
  }

  // MARK: - Requests

  private var headers: [(name: String, value: String)] {
    guard let key else { return [] }
    return [(name: "Authorization", value: "Bearer \(key)")]
  }

  /// Sends a request, and hands out the body of an answer without a fault.
  private func exchange(
    _ request: HTTPRequest, isCancelled: () -> Bool,
    receive: @escaping (HTTPHead, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let fault = Body()
    do {
      let head = try WebExchange.run(request, settings: settings, isCancelled: isCancelled) {
        head, bytes in
        if head.status == 200 { try receive(head, bytes) } else { fault.append(bytes) }
      }
      if head.status != 200 { throw refusal(head, fault.bytes, request.address) }
    } catch let error as HubError where error != .cancelled {
      throw EndpointError(error, patience: settings.timing.stall)
    }
  }

  private func refusal(
    _ head: HTTPHead, _ body: [UInt8], _ address: WebAddress
  ) -> EndpointError {
    let message = ServerMessage.text(of: body)
    switch head.status {
    case 401, 403: return .unauthorized(address: self.address, keySent: key != nil)
    case 404 where message.isEmpty, 300..<400:
      return .notTheInterface(address: address.text, found: "status \(head.status)")
    case 500...: return .failed(status: head.status, message: message)
    default: return .refused(status: head.status, message: message)
    }
  }
}

extension HTTPHead {
  var isEventStream: Bool { kind.hasPrefix("text/event-stream") }

  /// What the answer says that it is.
  var kind: String { self["content-type"] ?? "no content type" }
}

/// The bytes of a short answer; what is more than it may have is passed over.
private final class Body {
  private static let limit = 4 << 20
  private(set) var bytes: [UInt8] = []

  func append(_ piece: UnsafeRawBufferPointer) {
    bytes += piece.prefix(Self.limit - bytes.count)
  }
}

extension TransportSettings {
  /// The settings for a server that thinks for a while before it answers, and then word by word.
  fileprivate func patient(_ patience: Duration) -> TransportSettings {
    var settings = self
    settings.timing.answer = patience
    settings.timing.stall = patience
    settings.timing.lowestRate = 0
    settings.proxies.exceptions =
      ([settings.proxies.exceptions].filter { !$0.isEmpty } + ["localhost,127.0.0.1,::1"])
      .joined(separator: ",")
    return settings
  }
}

extension EndpointError {
  /// What a failed connection means here.
  init(_ error: HubError, patience: Duration) {
    switch error {
    case .stalled(let host, let seconds): self = .silent(host: host, seconds: seconds)
    case .unreachable(let host, let reason), .tlsFailed(let host, let reason):
      self = .unreachable(host: host, reason: reason)
    case .noAnswer(let host):
      self = .unreachable(host: host, reason: "it gives no answer")
    default: self = .unreachable(host: "the server", reason: "\(error)")
    }
  }
}
