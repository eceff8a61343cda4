import Files

/// Reads numbers and ranges from bytes, front to back; nil where the bytes end.
struct ByteReader: ~Escapable {
  let bytes: RawSpan
  /// The offset of the next byte; in `0...bytes.byteCount`.
  private(set) var position: Int

  /// A reader that starts at `position`.
  ///
  /// - Precondition: `position` is in `0...bytes.byteCount`.
  @_lifetime(copy bytes)
  init(_ bytes: RawSpan, at position: Int = 0) {
    precondition(
      position >= 0 && position <= bytes.byteCount,
      "position \(position) outside 0...\(bytes.byteCount)")
    self.bytes = bytes
    self.position = position
  }

  var isAtEnd: Bool { position == bytes.byteCount }

  /// The next bytes as a little-endian integer.
  mutating func integer<Number: FixedWidthInteger & BitwiseCopyable>(
    _: Number.Type
  ) -> Number? {
    guard let range = take(MemoryLayout<Number>.size) else { return nil }
    return Number(
      littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: range.lowerBound, as: Number.self))
  }

  /// Where the next `count` bytes lie; the reader goes on behind them.
  mutating func take(_ count: Int) -> Range<Int>? {
    guard count >= 0, count <= bytes.byteCount - position else { return nil }
    position += count
    return position - count..<position
  }

  /// The text up to the next line feed, which is skipped, or nil where it is not UTF-8.
  mutating func line() -> String? {
    let start = position
    while let byte = integer(UInt8.self) {
      if byte == UInt8(ascii: "\n") { return bytes.text(in: start..<position - 1) }
    }
    return nil
  }
}

extension RawSpan {
  /// Whether the bytes begin with `prefix`.
  func starts(with prefix: [UInt8]) -> Bool {
    guard byteCount >= prefix.count else { return false }
    return prefix.indices.allSatisfy {
      unsafeLoad(fromByteOffset: $0, as: UInt8.self) == prefix[$0]
    }
  }
}
