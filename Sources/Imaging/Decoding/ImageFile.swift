import Files
import Foundation

/// Reads a whole file, or a pipe to its end, into memory.
///
/// The bytes are read and not mapped, because another process may cut a mapped file short, which
/// would end this one.
func readFile(_ url: URL, name: String, limitBytes: Int) throws(ImagingError) -> [UInt8] {
  do throws(FileError) {
    let file = try OpenFile(reading: url.path(percentEncoded: false))
    let status = try file.status()
    if status.kind != .pipe { try status.requireFile(file.path) }
    return try file.readToEnd(limit: limitBytes)
  } catch {
    if case .tooLarge = error.reason { throw .fileTooLarge(name: name, limitBytes: limitBytes) }
    throw .unreadable(name: name, error.reason)
  }
}
