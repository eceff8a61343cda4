/// Why a server gives no answer.
package enum EndpointError: Error, Equatable {
  case badAddress(String)
  case unreachable(host: String, reason: String)
  /// It sent nothing for so long.
  case silent(host: String, seconds: Double)
  /// It answers something else than OpenAI's interface does.
  case notTheInterface(address: String, found: String)
  /// It refuses for want of a key, or of the right one.
  case unauthorized(address: String, keySent: Bool)
  /// It refuses a request, in its own words.
  case refused(status: Int, message: String)
  /// It failed, in its own words, where it has any.
  case failed(status: Int, message: String)
  /// It failed in the middle of an answer.
  case failedInAnswer(message: String)
  /// What it sends is no stream of events.
  case brokenStream(String)
  /// The connection ended before the answer did.
  case cut
  /// Another model answers than the one that was asked.
  case otherModel(asked: String, answering: String)
  /// The server does not have the model; `models` are those that it has.
  case noModel(String, models: [String])
  /// The server has several models and nothing says which one is meant, or it has none.
  case chooseModel(models: [String])
}

extension EndpointError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .badAddress(let text): "'\(text)' is no web address such as http://127.0.0.1:8000/v1"
    case .unreachable(let host, let reason): "cannot reach \(host): \(reason)"
    case .silent(let host, let seconds): "\(host) sent nothing for \(Int(seconds)) s"
    case .notTheInterface(let address, let found):
      "\(address) does not answer like OpenAI's interface, but with \(found)"
    case .unauthorized(let address, keySent: true): "\(address) does not accept the key"
    case .unauthorized(let address, keySent: false): "\(address) wants a key"
    case .refused(let status, let message):
      "the server refuses the request (status \(status))" + Self.words(message)
    case .failed(let status, let message):
      "the server failed (status \(status))" + Self.words(message)
    case .failedInAnswer(let message):
      "the server failed in the middle of the answer" + Self.words(message)
    case .brokenStream(let found): "the server's answer is no stream of events: '\(found)'"
    case .cut: "the connection ended before the answer did"
    case .otherModel(let asked, let answering):
      "\(asked) was asked, but the server answered with \(answering)"
    case .noModel(let name, let models):
      "the server has no model \(name); it has \(models.joined(separator: ", "))"
    case .chooseModel(models: []): "the server has no model"
    case .chooseModel(let models):
      "the server has several models: \(models.joined(separator: ", "))"
    }
  }

  private static func words(_ message: String) -> String { message.isEmpty ? "" : ": \(message)" }

  /// Whether the request is wrong, rather than the server.
  package var isUsageError: Bool {
    switch self {
    case .badAddress, .noModel, .chooseModel: true
    default: false
    }
  }
}
