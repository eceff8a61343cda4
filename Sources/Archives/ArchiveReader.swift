internal import CArchive

/// Reads an archive front to back, a member at a time, by libarchive; nothing is unpacked to the disk.
package final class ArchiveReader {
  private let archive: OpaquePointer
  private let hasUTF8Names: Bool

  /// Begins to read one entry of a ZIP archive, whose header is at the beginning of `bytes`; its checksum is
  /// not compared.
  ///
  /// - Precondition: `bytes` stay in place while this value lives.
  package init(zipEntry bytes: UnsafeRawBufferPointer) throws(ArchiveError) {
    let archive = try Self.make()
    guard archive_read_support_format_zip_streamable(archive) == ARCHIVE_OK,
      archive_read_set_options(archive, "zip:ignorecrc32") == ARCHIVE_OK,
      archive_read_open_memory(archive, bytes.baseAddress, bytes.count) == ARCHIVE_OK
    else { throw Self.close(archive) }
    self.archive = archive
    hasUTF8Names = false
  }

  /// Opens a file: tar, also compressed with gzip, Zstandard, xz or bzip2; ZIP; or 7z.
  package init(path: String) throws(ArchiveError) {
    let archive = try Self.make()
    for support in [
      archive_read_support_format_tar, archive_read_support_format_zip,
      archive_read_support_format_7zip, archive_read_support_filter_gzip,
      archive_read_support_filter_zstd, archive_read_support_filter_xz,
      archive_read_support_filter_bzip2,
    ] {
      // A warning says that a program does the work in place of a library.
      guard support(archive) >= ARCHIVE_WARN else { throw Self.close(archive) }
    }
    guard archive_read_open_filename(archive, path, 1 << 16) == ARCHIVE_OK else {
      throw Self.close(archive)
    }
    self.archive = archive
    let ending = path.lowercased().suffix(4)
    hasUTF8Names = ending == ".zip" || ending == ".cbz" || ending.hasSuffix(".7z")
  }

  deinit { archive_read_free(archive) }

  /// The next member's header; nil at the end.
  package func next() throws(ArchiveError) -> ArchiveMember? {
    var entry: OpaquePointer?
    var name: UnsafePointer<CChar>?
    let result = carchive_next_header(archive, &entry, &name, hasUTF8Names ? 1 : 0)
    if result == ARCHIVE_EOF { return nil }
    guard result >= ARCHIVE_WARN, let entry else { throw Self.error(archive) }
    return ArchiveMember(entry, name: name)
  }

  /// Fills a buffer with the member's next bytes.
  ///
  /// - Returns: how many there were, fewer than asked for only at the end.
  package func read(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(ArchiveError) -> Int {
    let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw Self.error(archive) }
    return count
  }

  /// The rest of the member.
  ///
  /// - Throws: also where there is more than `limit` bytes.
  package func readToEnd(limit: Int) throws(ArchiveError) -> [UInt8] {
    var bytes: [UInt8] = []
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { piece.deallocate() }
    while true {
      let count = try read(into: piece)
      if count == 0 { return bytes }
      bytes.append(contentsOf: piece[..<count])
      guard bytes.count <= limit else { throw .tooLarge(limitBytes: limit) }
    }
  }

  /// Where the member's header begins, in the archive unpacked.
  package var headerPosition: Int { Int(archive_read_header_position(archive)) }

  /// Whether passing over a member means unpacking it.
  package var isCompressed: Bool {
    archive_filter_code(archive, 0) != ARCHIVE_FILTER_NONE
      || archive_format(archive) & ARCHIVE_FORMAT_BASE_MASK == ARCHIVE_FORMAT_7ZIP
  }

  private static func make() throws(ArchiveError) -> OpaquePointer {
    guard let archive = archive_read_new() else { throw .unreadable(message: "out of memory") }
    return archive
  }

  private static func close(_ archive: OpaquePointer) -> ArchiveError {
    defer { archive_read_free(archive) }
    return error(archive)
  }

  private static func error(_ archive: OpaquePointer) -> ArchiveError {
    .unreadable(
      message: archive_error_string(archive).map { String(cString: $0) } ?? "unknown")
  }
}
