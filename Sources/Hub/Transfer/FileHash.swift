import Files

/// Hashes whole files on disk.
enum FileHash {
  private static let pieceBytes = 256 << 10

  /// Whether a file has the content that its listing promises.
  static func matches(
    _ file: RemoteFile, at path: String, cancellation: Cancellation
  ) throws(HubError) -> Bool {
    try hash(path, like: file.hash, size: file.size, cancellation: cancellation) == file.hash
  }

  static func hash(
    _ path: String, like kind: ContentHash, size: Int64, cancellation: Cancellation
  ) throws(HubError) -> ContentHash {
    let file = try onDisk(OpenFile(reading: path))
    var hasher = ContentHasher(like: kind, size: size)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceBytes, alignment: 16)
    defer { buffer.deallocate() }
    var position: Int64 = 0
    while true {
      try cancellation.check()
      let count = try onDisk(file.read(into: buffer, at: position))
      guard count > 0 else { return hasher.finish() }
      hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      position += Int64(count)
    }
  }
}
