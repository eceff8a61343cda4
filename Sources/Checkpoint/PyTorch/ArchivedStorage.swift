import Files
import Kernels
import Synchronization

/// An entry of an archive: mapped where it is stored, unpacked when somebody asks where it is compressed.
final class ArchivedStorage: Sendable {
  let file: MappedFile
  let entry: ZipDirectory.Entry
  /// Where the entry's bytes lie in the file, packed or not.
  private let place: Range<Int>
  let state = Mutex(State())

  struct State {
    /// The unpacked content, while somebody uses it.
    weak var unpacked: TensorBuffer?
    var isChecked = false
  }

  /// A compressed entry is unpacked whole, so one may be this many times as large as a tensor in it.
  ///
  /// The parts of a fused matrix are far below that; what is above it would take memory that nobody
  /// asked for.
  static let largestShare = 16
  /// Entries up to this size are unpacked whatever they are for.
  static let smallBytes = 1 << 20

  /// - Throws: `PyTorchFault` where the entry's own header contradicts the directory.
  init(_ entry: ZipDirectory.Entry, in file: MappedFile) throws(PyTorchFault) {
    self.file = file
    self.entry = entry
    place = try entry.place(in: file.bytes)
  }

  var isCompressed: Bool { entry.isCompressed }

  /// The size of the content.
  var byteCount: Int { entry.byteCount }

  /// Which bytes of the file belong to the entry, and what it is called.
  var extent: (bytes: Range<Int>, name: String) {
    (entry.headerOffset..<place.upperBound, entry.name)
  }

  /// The content's first byte, for a tensor in it, and what keeps it in place.
  ///
  /// - Throws: `PyTorchFault`.
  func content(
    for tensor: StoredTensor
  ) throws(PyTorchFault) -> (base: UnsafeRawPointer, owner: any AnyObject & Sendable) {
    guard isCompressed else { return (file.pointer(at: place.lowerBound), file) }
    let (share, overflow) = tensor.byteCount.multipliedReportingOverflow(by: Self.largestShare)
    guard overflow || byteCount <= max(share, Self.smallBytes) else {
      throw .unpackedTooLarge(
        entry: entry.name, bytes: byteCount, tensor: tensor.name, needed: tensor.byteCount)
    }
    let buffer = try unpacked(tensor: tensor.name)
    return (UnsafeRawPointer(buffer.base), buffer)
  }

  /// Calls `body` with the content, which is checked, unless it has more than `limit` bytes.
  func withContent<Result>(
    limit: Int, _ body: (RawSpan) throws(PyTorchFault) -> Result
  ) throws(PyTorchFault) -> Result {
    guard byteCount <= limit else { throw .entryTooLarge(entry.name, limit: limit) }
    guard isCompressed else {
      let content = storedBytes
      try compare(CRC32.of(content), tensor: nil)
      return try body(content.bytes)
    }
    let buffer = try unpacked(tensor: nil)
    defer { withExtendedLifetime(buffer) {} }
    let content = UnsafeRawBufferPointer(start: buffer.base, count: byteCount)
    return try body(content.bytes)
  }

  /// Reads all of the entry and compares it with its checksum, once; `tensor` lies in it.
  func check(tensor: String, on compute: Compute?) throws(PyTorchFault) {
    guard !state.withLock({ $0.isChecked }) else { return }
    let sum =
      isCompressed
      ? try unpackedChecksum()
      : compute.map { CRC32.of(storedBytes, on: $0) } ?? CRC32.of(storedBytes)
    try compare(sum, tensor: tensor)
    state.withLock { $0.isChecked = true }
  }

  /// A checksum of zero is none: `torch.save` can be told to leave it out.
  func compare(_ sum: UInt32, tensor: String?) throws(PyTorchFault) {
    guard entry.checksum == 0 || entry.checksum == sum else {
      throw .checksum(entry: entry.name, tensor: tensor)
    }
  }

  private var storedBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: file.pointer(at: place.lowerBound), count: place.count)
  }
}
