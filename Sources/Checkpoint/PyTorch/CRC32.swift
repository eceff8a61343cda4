internal import CZlib
import Kernels

/// The checksum that ZIP archives have of every entry, by zlib.
struct CRC32: Equatable {
  /// Bytes that one lane hashes at a time.
  private static let pieceBytes = 1 << 22

  private(set) var value: UInt32 = 0

  /// Appends bytes to what is summed up.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    let sum = crc32_z(uLong(value), base.assumingMemoryBound(to: Bytef.self), bytes.count)
    value = UInt32(truncatingIfNeeded: sum)
  }

  /// The checksum of some bytes.
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var sum = CRC32()
    sum.update(bytes)
    return sum.value
  }

  /// The same by all lanes.
  static func of(_ bytes: UnsafeRawBufferPointer, on compute: Compute) -> UInt32 {
    let count = (bytes.count + pieceBytes - 1) / pieceBytes
    var sums = [CRC32](repeating: CRC32(), count: count)
    let piece = { @Sendable [byteCount = bytes.count] (index: Int) in
      index * pieceBytes..<min(byteCount, (index + 1) * pieceBytes)
    }
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let (sums, bytes) = (sums, bytes)
      compute.forEachLane(of: count) { indices in
        for index in indices {
          sums[index].update(UnsafeRawBufferPointer(rebasing: bytes[piece(index)]))
        }
      }
    }
    return sums.indices.reduce(0) { whole, index in
      UInt32(
        truncatingIfNeeded: crc32_combine(
          uLong(whole), uLong(sums[index].value), piece(index).count))
    }
  }
}
