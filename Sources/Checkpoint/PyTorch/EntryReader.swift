import Archives

/// Unpacks one entry of a ZIP archive, front to back.
///
/// libarchive sees the entry alone, from its own header on: what the archive's directory says is for
/// `ZipDirectory`, so the two cannot disagree about which entry is meant. Checksums are compared
/// elsewhere.
struct EntryReader: ~Copyable {
  private let reader: ArchiveReader
  private let name: String

  /// Begins to read the entry called `name`, whose header is at the beginning of `bytes`.
  ///
  /// - Precondition: `bytes` stay in place while this value lives.
  /// - Throws: `PyTorchFault.unpacking`.
  init(_ bytes: UnsafeRawBufferPointer, name: String) throws(PyTorchFault) {
    do throws(ArchiveError) {
      let reader = try ArchiveReader(zipEntry: bytes)
      guard try reader.next() != nil else { throw ArchiveError.noMember }
      self.reader = reader
      self.name = name
    } catch {
      throw .unpacking(entry: name, reason: "\(error)")
    }
  }

  /// Fills a buffer with the next bytes.
  ///
  /// - Returns: how many there were, fewer than asked for only at the end.
  /// - Throws: `PyTorchFault.unpacking`.
  mutating func read(into buffer: UnsafeMutableRawBufferPointer) throws(PyTorchFault) -> Int {
    do {
      return try reader.read(into: buffer)
    } catch {
      throw .unpacking(entry: name, reason: "\(error)")
    }
  }
}
