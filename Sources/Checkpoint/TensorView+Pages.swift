import Files

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
  package func releasePages() { advise(MADV_DONTNEED) }

  /// Keeps the tensor in small pages, for rows that are looked up here and there.
  ///
  /// A huge page would bring in hundreds of rows for one.
  package func keepSmallPages() {
    #if os(Linux)
      advise(MADV_NOHUGEPAGE)
    #endif
  }

  /// Tells the system about the pages of a mapped tensor.
  private func advise(_ advice: Int32) {
    guard isContiguous, byteCount > 0, owner is MappedFile else { return }
    let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
    let first = UInt(bitPattern: pointer) / page * page
    let last = UInt(bitPattern: pointer) + UInt(byteCount)
    guard let start = UnsafeMutableRawPointer(bitPattern: first) else { return }
    // Advice only: when the system does not take it, nothing is lost.
    _ = madvise(start, Int(last - first), advice)
  }
}
