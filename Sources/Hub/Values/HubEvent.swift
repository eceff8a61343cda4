import Files

/// What a download tells while it runs, on the thread that called it.
package enum HubEvent: Sendable, Equatable {
  /// Why nothing goes on for a while.
  package enum Pause: Sendable, Equatable {
    /// The host answered with a status that asks for it.
    case busy(status: Int)
    case connection(HubError)
  }

  /// Nothing goes on for a while.
  case waiting(host: String, Pause, seconds: Double)
  /// Another process downloads the same repository.
  case waitingForOtherProcess(repository: String)
  /// A file that was there already is hashed.
  case checking(path: String)
  /// A file that was there already, or has just arrived, has a wrong hash.
  case damaged(path: String)
  /// Bytes arrived; sent several times a second.
  case progress(DownloadProgress)
}

extension HubEvent.Pause: CustomStringConvertible {
  /// A few words for the user.
  package var description: String {
    switch self {
    case .busy(let status): status == 429 ? "too many requests" : "status \(status)"
    case .connection(.stalled): "it stopped sending"
    case .connection(.tooSlow): "it sends next to nothing"
    case .connection(.noAnswer): "no answer"
    case .connection(.unreachable(_, let reason)): reason.printable
    case .connection(.brokenTransfer(_, let fault)): "\(fault)"
    case .connection(let error): "\(error)"
    }
  }
}

/// Who listens to events.
package typealias HubListener = (HubEvent) -> Void
