internal import CArchive

/// Unpacks one entry of a ZIP archive, front to back, by libarchive.
///
/// libarchive sees the entry alone, from its own header on: what the archive's directory says is for
/// `ZipDirectory`, so the two cannot disagree about which entry is meant. Checksums are compared
/// elsewhere.
struct EntryReader: ~Copyable {
  private let archive: OpaquePointer
  private let name: String

  /// Begins to read the entry called `name`, whose header is at the beginning of `bytes`.
  ///
  /// - Precondition: `bytes` stay in place while this value lives.
  /// - Throws: `PyTorchFault.unpacking`.
  init(_ bytes: UnsafeRawBufferPointer, name: String) throws(PyTorchFault) {
    guard let archive = archive_read_new() else {
      throw .unpacking(entry: name, reason: "out of memory")
    }
    var header: OpaquePointer?
    guard archive_read_support_format_zip_streamable(archive) == ARCHIVE_OK,
      archive_read_set_options(archive, "zip:ignorecrc32") == ARCHIVE_OK,
      archive_read_open_memory(archive, bytes.baseAddress, bytes.count) == ARCHIVE_OK,
      archive_read_next_header(archive, &header) >= ARCHIVE_WARN
    else {
      let reason = Self.reason(archive)
      archive_read_free(archive)
      throw .unpacking(entry: name, reason: reason)
    }
    self.archive = archive
    self.name = name
  }

  deinit { archive_read_free(archive) }

  /// Fills a buffer with the next bytes.
  ///
  /// - Returns: how many there were, fewer than asked for only at the end.
  /// - Throws: `PyTorchFault.unpacking`.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(PyTorchFault) -> Int {
    let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw .unpacking(entry: name, reason: Self.reason(archive)) }
    return count
  }

  private static func reason(_ archive: OpaquePointer) -> String {
    archive_error_string(archive).map { String(cString: $0) } ?? "unknown"
  }
}
