import Files

/// The directory of a ZIP archive: where the bytes of its entries lie.
///
/// Reads PKWARE's format (APPNOTE 6.3) with the 64-bit extension. Names are keys and nothing else.
struct ZipDirectory {
  /// An entry as the directory at the archive's end describes it.
  struct Entry: Equatable {
    let name: String
    /// How it is compressed; zero where it is not.
    let method: UInt16
    let isEncrypted: Bool
    /// CRC-32 of the content.
    let checksum: UInt32
    /// The size of the entry's bytes in the file.
    let packedBytes: Int
    /// The size of the content.
    let byteCount: Int
    /// Where the entry's own header lies.
    let headerOffset: Int

    var isCompressed: Bool { method != 0 }
  }

  private static let entryMark: UInt32 = 0x0201_4B50
  private static let endMark: UInt32 = 0x0605_4B50
  private static let wideEndMark: UInt32 = 0x0606_4B50
  private static let wideLocatorMark: UInt32 = 0x0706_4B50
  private static let endBytes = 22
  private static let wideLocatorBytes = 20

  let entries: [String: Entry]

  /// Reads the directory of the archive that is all of `bytes`.
  init(_ bytes: RawSpan) throws(PyTorchFault) {
    guard let end = Self.findEnd(bytes) else { throw .incomplete(.noEnd) }
    guard let place = Self.directory(bytes, end: end) else { throw .directory(entry: nil) }
    var reader = ByteReader(bytes.extracting(0..<end), at: place.offset)
    var entries: [String: Entry] = [:]
    for _ in 0..<place.count {
      guard let entry = Self.entry(&reader) else { throw .directory(entry: nil) }
      guard entries.updateValue(entry, forKey: entry.name) == nil else {
        throw .duplicateEntry(entry.name)
      }
    }
    self.entries = entries
  }

  /// Where the end mark lies.
  ///
  /// Behind it comes nothing but a comment, whose length it gives.
  private static func findEnd(_ bytes: RawSpan) -> Int? {
    let last = bytes.byteCount - endBytes
    guard last >= 0 else { return nil }
    for offset in stride(from: last, through: max(0, last - Int(UInt16.max)), by: -1) {
      var reader = ByteReader(bytes, at: offset)
      guard reader.integer(UInt32.self) == endMark, reader.take(16) != nil else { continue }
      if reader.integer(UInt16.self).map(Int.init) == last - offset { return offset }
    }
    return nil
  }

  /// The offset of the first entry and the number of entries.
  private static func directory(_ bytes: RawSpan, end: Int) -> (offset: Int, count: Int)? {
    var reader = ByteReader(bytes, at: end + 4)
    guard let disks = reader.integer(UInt32.self), let here = reader.integer(UInt16.self),
      let count = reader.integer(UInt16.self), let size = reader.integer(UInt32.self),
      let offset = reader.integer(UInt32.self)
    else { return nil }
    if count == .max || size == .max || offset == .max || disks == .max {
      return wideDirectory(bytes, end: end)
    }
    guard disks == 0, here == count, Int(offset) + Int(size) <= end else { return nil }
    return (Int(offset), Int(count))
  }

  /// The same from the records for archives beyond 4 GiB or 65,535 entries.
  private static func wideDirectory(_ bytes: RawSpan, end: Int) -> (offset: Int, count: Int)? {
    guard end >= wideLocatorBytes else { return nil }
    var locator = ByteReader(bytes, at: end - wideLocatorBytes)
    guard locator.integer(UInt32.self) == wideLocatorMark, locator.integer(UInt32.self) == 0,
      let recordOffset = locator.integer(UInt64.self), recordOffset <= UInt64(end)
    else { return nil }
    var record = ByteReader(bytes, at: Int(recordOffset))
    // Behind the mark: record size, two versions; then two disk numbers.
    guard record.integer(UInt32.self) == wideEndMark, record.take(12) != nil,
      record.integer(UInt64.self) == 0, let here = record.integer(UInt64.self),
      let count = record.integer(UInt64.self), let size = record.integer(UInt64.self),
      let offset = record.integer(UInt64.self), here == count,
      offset <= UInt64(end), size <= UInt64(end) - offset, count <= size
    else { return nil }
    return (Int(offset), Int(count))
  }

  private static func entry(_ reader: inout ByteReader) -> Entry? {
    guard reader.integer(UInt32.self) == entryMark, reader.take(4) != nil,
      let flags = reader.integer(UInt16.self), let method = reader.integer(UInt16.self),
      reader.take(4) != nil,  // time, date
      let checksum = reader.integer(UInt32.self),
      let packedBytes = reader.integer(UInt32.self), let byteCount = reader.integer(UInt32.self),
      let nameBytes = reader.integer(UInt16.self), let extraBytes = reader.integer(UInt16.self),
      let commentBytes = reader.integer(UInt16.self),
      reader.take(8) != nil,  // disk, attributes
      let headerOffset = reader.integer(UInt32.self),
      let name = reader.take(Int(nameBytes)).flatMap({ reader.bytes.text(in: $0) }),
      let extra = reader.take(Int(extraBytes)), reader.take(Int(commentBytes)) != nil,
      let wide = widen(
        [byteCount, packedBytes, headerOffset], by: reader.bytes.extracting(extra))
    else { return nil }
    // Bits 0, 6 and 13: the content, the content strongly, the headers.
    return Entry(
      name: name, method: method, isEncrypted: flags & 0x2041 != 0, checksum: checksum,
      packedBytes: wide[1], byteCount: wide[0], headerOffset: wide[2])
  }

  /// The fields, each that is full replaced by its 64-bit value from the extra field 0x0001, which
  /// holds just those, in this order.
  private static func widen(_ fields: [UInt32], by extra: RawSpan) -> [Int]? {
    var values = fields.map(Int.init)
    guard fields.contains(.max) else { return values }
    var reader = ByteReader(extra)
    while let id = reader.integer(UInt16.self), let size = reader.integer(UInt16.self),
      let range = reader.take(Int(size))
    {
      guard id == 1 else { continue }
      var wide = ByteReader(extra.extracting(range))
      for index in fields.indices where fields[index] == .max {
        guard let value = wide.integer(UInt64.self).flatMap(Int.init(exactly:)) else { return nil }
        values[index] = value
      }
      return values
    }
    return nil
  }
}

extension ZipDirectory.Entry {
  private static let headerMark: UInt32 = 0x0403_4B50
  /// No tensor is larger, and sums of sizes up to this one do not overflow.
  private static let largestBytes = 1 << 40

  /// Where the entry's bytes lie in the archive, which is all of `bytes`, packed or not.
  ///
  /// - Throws: `PyTorchFault` where the entry is encrypted, its own header contradicts the directory,
  ///   or it is stored and has two sizes.
  func place(in bytes: RawSpan) throws(PyTorchFault) -> Range<Int> {
    guard !isEncrypted else { throw .encrypted(entry: name) }
    guard headerOffset <= bytes.byteCount, byteCount <= Self.largestBytes,
      isCompressed || packedBytes == byteCount
    else { throw .directory(entry: name) }
    var reader = ByteReader(bytes, at: headerOffset)
    // Sizes are not compared: torch writes them behind the data, and zeros here.
    guard reader.integer(UInt32.self) == Self.headerMark, reader.take(22) != nil,
      let nameBytes = reader.integer(UInt16.self), let extraBytes = reader.integer(UInt16.self),
      let own = reader.take(Int(nameBytes)).flatMap({ bytes.text(in: $0) }), own == name,
      reader.take(Int(extraBytes)) != nil,
      let place = reader.take(packedBytes)
    else { throw .directory(entry: name) }
    return place
  }
}
