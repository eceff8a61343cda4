import Files

/// Reads a whole file, or a pipe to its end, into memory.
///
/// The bytes are read and not mapped, because another process may cut a mapped file short, which
/// would end this one.
package func readFile(
  _ path: String, name: String, limitBytes: Int = ImageLimits.standard.maxFileBytes
) throws(ImagingError) -> [UInt8] {
  do throws(FileError) {
    let file = try OpenFile(reading: path)
    let status = try file.status()
    if status.kind != .pipe { try status.requireFile(file.path) }
    return try file.readToEnd(limit: limitBytes)
  } catch {
    if case .tooLarge = error.reason { throw .fileTooLarge(name: name, limitBytes: limitBytes) }
    throw .unreadable(name: name, error.reason)
  }
}
