#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An open file, closed when the last owner lets go.
///
/// Reads and writes that name their offset may come from several threads.
package final class OpenFile: Sendable {
  package let descriptor: Int32
  package let path: String

  deinit { close(descriptor) }

  private init(
    _ path: String, flags: Int32, for operation: FileError.Operation
  ) throws(FileError) {
    let descriptor = uninterrupted { open(path, flags | O_CLOEXEC, 0o666) }
    guard descriptor >= 0 else { throw .system(operation, path) }
    self.descriptor = descriptor
    self.path = path
  }

  /// Opens a file for reading; does not wait for somebody to write to a pipe.
  package convenience init(reading path: String) throws(FileError) {
    try self.init(path, flags: O_RDONLY | O_NONBLOCK, for: .open)
    // Reading from a pipe waits, though.
    guard fcntl(descriptor, F_SETFL, O_RDONLY) == 0 else { throw .system(.open, path) }
  }

  /// Opens a file that is there for writing at its end.
  package convenience init(appending path: String) throws(FileError) {
    try self.init(path, flags: O_WRONLY | O_APPEND, for: .open)
  }

  /// Opens a file for reading and writing, makes it where it is missing, and follows no link.
  package convenience init(creating path: String) throws(FileError) {
    try self.init(path, flags: O_RDWR | O_CREAT | O_NOFOLLOW, for: .create)
  }

  /// Opens a file, or whatever a path leads to, for reading and for writing at its end; makes a file
  /// where it is missing.
  package convenience init(growing path: String) throws(FileError) {
    try self.init(path, flags: O_RDWR | O_CREAT | O_APPEND, for: .open)
  }

  /// Makes a file that must not be there yet, for writing.
  package convenience init(newFile path: String) throws(FileError) {
    try self.init(path, flags: O_WRONLY | O_CREAT | O_EXCL, for: .create)
  }

  package convenience init(folder path: String) throws(FileError) {
    try self.init(path, flags: O_RDONLY | O_DIRECTORY, for: .open)
  }

  package func status() throws(FileError) -> FileStatus {
    try FileStatus(descriptor: descriptor, path: path)
  }

  /// Cuts a file, or fills it up with zeros.
  package func truncate(to size: Int64) throws(FileError) {
    guard uninterrupted({ ftruncate(descriptor, off_t(size)) }) == 0 else {
      throw .system(.write, path)
    }
  }

  /// Returns when the content would survive a power cut.
  package func synchronize() throws(FileError) {
    guard uninterrupted({ fsync(descriptor) }) == 0 else { throw .system(.write, path) }
  }
}

// MARK: Reading

extension OpenFile {
  /// Reads up to a buffer's size; the count is 0 at the end of the file.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int64
  ) throws(FileError) -> Int {
    let count = uninterrupted { pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset)) }
    guard count >= 0 else { throw .system(.read, path) }
    return count
  }

  /// Reads from the descriptor's own place to the end: files, pipes, and files whose size is not
  /// known beforehand, as in `/proc`.
  ///
  /// - Throws: also where there are more than `limit` bytes; no more are then taken into memory.
  package func readToEnd(limit: Int = .max) throws(FileError) -> [UInt8] {
    let size = try status().size
    guard size <= limit else { throw FileError(.read, path, .tooLarge(limitBytes: limit)) }
    var bytes: [UInt8] = []
    // A file may say that it is larger than memory.
    bytes.reserveCapacity(Int(min(size, 64 << 20)))
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { piece.deallocate() }
    while true {
      let count = uninterrupted { systemRead(descriptor, piece.baseAddress, piece.count) }
      guard count >= 0 else { throw .system(.read, path) }
      if count == 0 { return bytes }
      bytes.append(contentsOf: piece[..<count])
      guard bytes.count <= limit else {
        throw FileError(.read, path, .tooLarge(limitBytes: limit))
      }
    }
  }
}

// MARK: Writing

extension OpenFile {
  /// Writes all bytes at an offset.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
    try writeAll(bytes) { rest, done in
      pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
    }
  }

  /// Writes all bytes at the descriptor's own place.
  package func append(_ bytes: [UInt8]) throws(FileError) {
    try bytes.withUnsafeBufferPointer { (bytes) throws(FileError) in
      try writeAll(UnsafeRawBufferPointer(bytes)) { rest, _ in
        systemWrite(descriptor, rest.baseAddress, rest.count)
      }
    }
  }

  /// Writes a text at the descriptor's own place.
  package func append(_ text: String) throws(FileError) { try append(Array(text.utf8)) }

  private func writeAll(
    _ bytes: UnsafeRawBufferPointer,
    _ write: (_ rest: UnsafeRawBufferPointer, _ done: Int) -> Int
  ) throws(FileError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = uninterrupted { write(rest, done) }
      guard count >= 0 else { throw .system(.write, path) }
      // A device that takes nothing would be asked for ever.
      guard count > 0 else { throw FileError(.write, path, .system(code: EIO)) }
      done += count
    }
  }
}
