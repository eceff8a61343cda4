import Files

/// What a picture's file was like when it was captioned.
///
/// A file of the same name, size and time of change is taken for the same one without reading it. Where
/// only the time differs, as after copying, the hash decides.
package struct PictureIdentity: Sendable, Equatable {
  /// The file's size.
  package var bytes: Int
  /// Its time of change, in milliseconds since 1970.
  package var modified: Int
  /// The SHA-256 of its bytes, in hexadecimal; nil where it was not read.
  package var sha256: String?

  package init(bytes: Int, modified: Int, sha256: String? = nil) {
    self.bytes = bytes
    self.modified = modified
    self.sha256 = sha256
  }

  /// The identity of a file as it is now; nil where it is gone.
  init?(path: String) {
    guard let status = try? FileStatus(path) else { return nil }
    let (seconds, overflow) = status.changed.seconds.multipliedReportingOverflow(by: 1000)
    bytes = Int(status.size)
    modified = overflow ? 0 : Int(seconds) &+ Int(status.changed.nanoseconds / 1_000_000)
  }

  /// Whether a file with this identity is the one that is there `now`.
  enum Match { case same, different, decidedByHash }

  func match(_ now: PictureIdentity) -> Match {
    guard bytes == now.bytes else { return .different }
    if modified == now.modified { return .same }
    return sha256 == nil ? .different : .decidedByHash
  }
}
