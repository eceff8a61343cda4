import Foundation

/// Reads a whole file, or a pipe to its end, into memory.
///
/// The bytes are read and not mapped: if another process cut a mapped file short, this one would
/// crash.
func readFile(_ url: URL, name: String, limitBytes: Int) throws(ImagingError) -> [UInt8] {
  func systemError() -> ImagingError {
    .unreadable(name: name, reason: String(cString: strerror(errno)))
  }
  // Without O_NONBLOCK, opening a named pipe without a writer would block forever.
  let file = open(url.path(percentEncoded: false), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard file >= 0 else { throw systemError() }
  defer { close(file) }
  var status = stat()
  guard fstat(file, &status) == 0, fcntl(file, F_SETFL, O_RDONLY) == 0 else {
    throw systemError()
  }
  switch status.st_mode & S_IFMT {
  case S_IFREG, S_IFIFO: break
  case S_IFDIR: throw .unreadable(name: name, reason: "it is a folder; name a picture in it")
  default: throw .unreadable(name: name, reason: "it is not a file")
  }
  guard status.st_size <= limitBytes else {
    throw .fileTooLarge(name: name, limitBytes: limitBytes)
  }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(Int(status.st_size))
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(file, &chunk, chunk.count)
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw systemError() }
    if count == 0 { return bytes }
    bytes.append(contentsOf: chunk[..<count])
    guard bytes.count <= limitBytes else {
      throw .fileTooLarge(name: name, limitBytes: limitBytes)
    }
  }
}
