import Foundation

/// One file of a checkpoint's tokenizer, read into memory.
struct TokenizerFile {
  let path: String
  let bytes: [UInt8]

  /// Reads a file, which must be there.
  ///
  /// A file with more bytes than `limit` is refused before memory is allocated.
  init(_ name: String, in folder: URL, limit: Int = 1 << 26) throws(TokenizerError) {
    guard let file = try TokenizerFile(ifPresent: name, in: folder, limit: limit) else {
      throw .missing(path: folder.appending(path: name).path)
    }
    self = file
  }

  /// Reads a file that may be absent: nil when it is.
  init?(ifPresent name: String, in folder: URL, limit: Int = 1 << 26) throws(TokenizerError) {
    let url = folder.appending(path: name)
    path = url.path
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw .unreadable(path: path, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
    guard status.st_size <= limit else {
      throw .tooLarge(path: path, bytes: Int(status.st_size), limit: limit)
    }
    do {
      bytes = [UInt8](try Data(contentsOf: url))
    } catch {
      throw .unreadable(path: path, code: errno)
    }
  }

  /// Runs a parser over the file and names the file in what it throws.
  func parse<Value>(
    _ body: (Span<UInt8>) throws(TokenizerDefect) -> Value
  ) throws(TokenizerError) -> Value {
    do {
      return try body(bytes.span)
    } catch {
      throw .damaged(path: path, error)
    }
  }
}
