import Files
import Synchronization

// What libarchive unpacks, and when.
extension ArchivedStorage {
  /// Bytes that are unpacked at a time where they are not kept.
  private static let pieceBytes = 1 << 20
  /// The most that may stand behind an entry's bytes and belong to it: its sizes, where they were not
  /// known when it was begun.
  private static let tailBytes = 24

  /// The content in memory, checked; shared while somebody uses it.
  func unpacked(tensor: String?) throws(PyTorchFault) -> TensorBuffer {
    if let buffer = state.withLock({ $0.unpacked }) { return buffer }
    let buffer = TensorBuffer(byteCount: byteCount)
    let target = UnsafeMutableRawBufferPointer(start: buffer.base, count: byteCount)
    var reader = try reader()
    guard try reader.read(into: target) == byteCount else { throw wrongSize }
    try checkEnd(&reader)
    try compare(CRC32.of(UnsafeRawBufferPointer(target)), tensor: tensor)
    state.withLock { $0.unpacked = buffer }
    return buffer
  }

  /// The content's checksum, without keeping the content.
  func unpackedChecksum() throws(PyTorchFault) -> UInt32 {
    let buffer = TensorBuffer(byteCount: Self.pieceBytes)
    let piece = UnsafeMutableRawBufferPointer(start: buffer.base, count: Self.pieceBytes)
    var reader = try reader()
    var sum = CRC32()
    var left = byteCount
    while left > 0 {
      let wanted = UnsafeMutableRawBufferPointer(rebasing: piece.prefix(left))
      guard try reader.read(into: wanted) == wanted.count else { throw wrongSize }
      sum.update(UnsafeRawBufferPointer(wanted))
      left -= wanted.count
    }
    try checkEnd(&reader)
    return sum.value
  }

  private var wrongSize: PyTorchFault {
    .unpackedSize(entry: entry.name, declared: byteCount)
  }

  private func reader() throws(PyTorchFault) -> EntryReader {
    let end = min(extent.bytes.upperBound + Self.tailBytes, file.count)
    let bytes = UnsafeRawBufferPointer(
      start: file.pointer(at: entry.headerOffset), count: end - entry.headerOffset)
    return try EntryReader(bytes, name: entry.name)
  }

  /// - Throws: `PyTorchFault.unpackedSize` where there is more.
  private func checkEnd(_ reader: inout EntryReader) throws(PyTorchFault) {
    let buffer = TensorBuffer(byteCount: 1)
    let one = UnsafeMutableRawBufferPointer(start: buffer.base, count: 1)
    guard try reader.read(into: one) == 0 else { throw wrongSize }
  }
}
