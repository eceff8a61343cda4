internal import CKernels

extension Compute {
  private static let checksumPiece = 1 << 16

  /// A checksum that shows damage to some bytes, made by all lanes at the speed of memory.
  ///
  /// It is `ck_checksum` of the checksums of pieces of 64 KiB, whatever the number of lanes.
  package func checksum(_ bytes: UnsafeRawPointer, byteCount: Int) -> UInt64 {
    let pieceBytes = Self.checksumPiece
    var sums = [UInt64](repeating: 0, count: (byteCount + pieceBytes - 1) / pieceBytes)
    sums.withUnsafeMutableBufferPointer { sums in
      // Lanes read the bytes, and write disjoint sums.
      nonisolated(unsafe) let (bytes, sums) = (bytes, sums)
      forEachLane(of: sums.count) { pieces in
        for piece in pieces {
          let start = piece * pieceBytes
          sums[piece] = ck_checksum(bytes + start, min(pieceBytes, byteCount - start))
        }
      }
    }
    return sums.withUnsafeBytes { sums in
      sums.baseAddress.map { ck_checksum($0, sums.count) } ?? 0
    }
  }
}
