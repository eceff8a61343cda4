internal import CArchive
package import Files

/// Adds members to a tar archive in GNU's form, at the end of an open file.
package final class TarWriter {
  private let archive: OpaquePointer
  private let file: OpenFile

  /// - Parameter file: opened for writing at its end; holds whole members so far.
  /// - Throws: where libarchive cannot write to it.
  package init(_ file: OpenFile) throws(FileError) {
    guard let archive = archive_write_new() else {
      throw FileError(.write, file.path, .lastSystemError)
    }
    self.archive = archive
    self.file = file
    guard archive_write_set_format_gnutar(archive) == ARCHIVE_OK,
      archive_write_set_bytes_per_block(archive, 0) == ARCHIVE_OK,
      archive_write_open_fd(archive, file.descriptor) == ARCHIVE_OK
    else { throw failure }
  }

  deinit {
    archive_write_fail(archive)
    archive_write_free(archive)
  }

  /// Writes a file's header and content.
  ///
  /// - Parameters:
  ///   - name: its path in the archive.
  ///   - content: its bytes.
  ///   - modified: its time of change, in milliseconds since 1970.
  /// - Throws: where it cannot be written whole.
  package func add(_ name: String, _ content: [UInt8], modified: Int) throws(FileError) {
    guard let entry = archive_entry_new() else { throw failure }
    defer { archive_entry_free(entry) }
    archive_entry_set_pathname(entry, name)
    archive_entry_set_size(entry, Int64(content.count))
    archive_entry_set_filetype(entry, 0o100000)
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_mtime(entry, modified / 1000, 0)
    guard archive_write_header(archive, entry) >= ARCHIVE_WARN else { throw failure }
    if !content.isEmpty {
      guard archive_write_data(archive, content, content.count) == content.count else {
        throw failure
      }
    }
    guard archive_write_finish_entry(archive) >= ARCHIVE_WARN else { throw failure }
  }

  /// Writes the archive's end; nothing can be added then.
  package func finish() throws(FileError) {
    guard archive_write_close(archive) >= ARCHIVE_WARN else { throw failure }
  }

  private var failure: FileError {
    FileError(.write, file.path, .system(code: archive_errno(archive)))
  }
}
