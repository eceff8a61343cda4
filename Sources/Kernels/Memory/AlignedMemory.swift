#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Memory for vector kernels, freed with its last owner.
///
/// It begins on a cache line; from 2 MiB on it begins on a huge page and asks the system for
/// such pages, and is not resident before it is written. Its contents are undefined.
final class AlignedMemory: @unchecked Sendable {
  // Sendable: this is only the allocation; its users keep writers apart.
  let base: UnsafeMutableRawPointer
  let bytes: Int

  private static let cacheLine = 64
  private static let hugePage = 2 << 20

  init(bytes: Int) {
    precondition(bytes >= 0, "cannot allocate \(bytes) bytes")
    self.bytes = bytes
    AllocationMeter.count(bytes)
    let alignment = bytes >= Self.hugePage ? Self.hugePage : Self.cacheLine
    base = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 1), alignment: alignment)
    #if os(Linux)
      // Advice only: without huge pages everything still works.
      if alignment == Self.hugePage { _ = madvise(base, bytes, MADV_HUGEPAGE) }
    #endif
  }

  deinit { base.deallocate() }
}
