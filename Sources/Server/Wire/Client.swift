import NIOCore

/// Who waits for an answer, and what the log will say of it.
struct Client: Sendable {
  /// The connection; nil where nobody can go away.
  var channel: (any Channel)?
  let record = RequestRecord()
}
