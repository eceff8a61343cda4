import Files
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
    do throws(FileError) {
      let file = try OpenFile(reading: path)
      try file.status().requireFile(path)
      bytes = try file.readToEnd(limit: limit)
    } catch {
      if error.isMissing { return nil }
      throw .unreadable(error)
    }
    guard !bytes.starts(with: "version https://git-lfs".utf8) else { throw .pointer(path: path) }
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
