#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension TensorView {
  /// Gives the tensor's pages back to the system; they are read from the file when needed again.
  ///
  /// Without effect on the values: the mapping is private and never written.
  package func releasePages() {
    guard isContiguous, byteCount > 0, owner is MappedFile else { return }
    let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
    let first = UInt(bitPattern: pointer) / page * page
    let last = UInt(bitPattern: pointer) + UInt(byteCount)
    guard let start = UnsafeMutableRawPointer(bitPattern: first) else { return }
    // Advice only: when the system does not take it, nothing is lost.
    _ = madvise(start, Int(last - first), MADV_DONTNEED)
  }
}
