import InternVL
import Synchronization

/// What is known of a request when it has been answered.
final class RequestRecord: Sendable {
  private struct Content {
    var model: String?
    var replies: [Reply] = []
    /// The body, where it is to be logged.
    var body: String?
  }

  let started = ContinuousClock.now
  private let content = Mutex(Content())

  func note(model: String) { content.withLock { $0.model = model } }

  /// Lets the log show what was asked, at most the first of these bytes, and what was answered.
  func note(body: [UInt8], limit: Int = 16_384) {
    content.withLock { $0.body = String(decoding: body.prefix(limit), as: UTF8.self) }
  }

  func note(_ reply: Reply) { content.withLock { $0.replies.append(reply) } }

  /// "model=… prompt_tokens=…", without any text of the request or the answers unless it was noted.
  var summary: String {
    let content = content.withLock { $0 }
    var words = content.model.map { ["model=\($0)"] } ?? []
    if let first = content.replies.first {
      words += [
        "prompt_tokens=\(first.promptTokenIDs.count)",
        "cached_tokens=\(first.timings.reusedTokens)",
        "completion_tokens=\(content.replies.reduce(0) { $0 + $1.tokenIDs.count })",
        "first_token=\(Self.seconds(first.timings.timeToFirstToken))",
      ]
    }
    words.append("time=\(Self.seconds(started.elapsed))")
    if let body = content.body {
      words.append("request=\(body.debugDescription)")
      words += content.replies.map { "answer=\($0.text.debugDescription)" }
    }
    return words.joined(separator: " ")
  }

  private static func seconds(_ value: Double) -> String {
    let milliseconds = Int((value * 1000).rounded())
    return "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())s"
  }
}
