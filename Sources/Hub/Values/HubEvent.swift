/// What a download tells while it runs, on the thread that called it.
package enum HubEvent: Sendable, Equatable {
  /// Nothing goes on for a while: the host asked for it, or failed.
  case waiting(host: String, reason: String, seconds: Double)
  /// Another process downloads the same repository.
  case waitingForOtherProcess(repository: String)
  /// A file that was there already is hashed.
  case checking(path: String)
  /// A file that was there already, or has just arrived, has a wrong hash.
  case damaged(path: String)
  /// Bytes arrived; sent several times a second.
  case progress(DownloadProgress)
}

/// Who listens to events.
package typealias HubListener = (HubEvent) -> Void
