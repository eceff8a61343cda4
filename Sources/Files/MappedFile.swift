package import FoundationEssentials

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file in memory, read-only, unmapped when the last user lets go of it.
///
/// Nothing is read before it is used, and pages can be evicted. A file that is cut short by
/// somebody else while it is mapped ends the process (SIGBUS) when the lost part is read; that
/// cannot be checked, and nothing here writes to a file in place.
package final class MappedFile: @unchecked Sendable {
  // Sendable: the mapping is read-only and private, and never moves.
  private let base: UnsafeRawPointer
  private let mappedBytes: Int

  /// The file's name without its folder, for messages.
  package let name: String
  /// The file's length in bytes.
  package let count: Int

  /// Maps the file at `url`, following links.
  ///
  /// - Throws: also where it is a folder, a pipe or a device.
  package init(_ url: URL) throws(FileError) {
    let file = try OpenFile(reading: url.path(percentEncoded: false))
    let status = try file.status()
    guard status.kind == .file else { throw FileError(.map, file.path, .notAFile) }
    let count = Int(status.size)
    // A mapping of no bytes is an error, so an empty file gets one page that is never read.
    let mappedBytes = max(count, 1)
    guard let base = mmap(nil, mappedBytes, PROT_READ, MAP_PRIVATE, file.descriptor, 0),
      base != MAP_FAILED
    else { throw .system(.map, file.path) }
    adviseHugePages(base, byteCount: mappedBytes)
    self.base = UnsafeRawPointer(base)
    self.mappedBytes = mappedBytes
    self.name = url.lastPathComponent
    self.count = count
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: base), mappedBytes) }

  /// The file's bytes, valid while this object lives.
  package var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      let span = RawSpan(_unsafeStart: base, byteCount: count)
      return _overrideLifetime(span, borrowing: self)
    }
  }

  /// The address of a byte of the file.
  ///
  /// - Precondition: `offset` is in `0...count`.
  package func pointer(at offset: Int) -> UnsafeRawPointer {
    precondition(offset >= 0 && offset <= count, "offset \(offset) outside 0...\(count)")
    return base + offset
  }
}

/// Asks for a file's mapping in pages of 2 MiB, where the system and its file system have them.
///
/// With 4 KiB pages, reading weights once costs a tenth of the time in address translation. The file's
/// cache must consist of large pieces for it, so whoever writes a file, or reads it first, asks too.
func adviseHugePages(_ base: UnsafeMutableRawPointer, byteCount: Int) {
  #if os(Linux)
    _ = madvise(base, byteCount, MADV_HUGEPAGE)
  #endif
}
