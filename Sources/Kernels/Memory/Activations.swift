/// Rows of float32 that flow through a network: `[rows, columns]`, row-major.
///
/// Allocated once, for `capacity` rows, on a cache line; contents are undefined until written.
package struct Activations: ~Copyable, @unchecked Sendable {
  // Sendable: the memory has one owner, and the type cannot be copied.

  /// The length of a row.
  package let columns: Int

  /// How many rows there is memory for.
  package let capacity: Int

  /// How many rows are in use.
  ///
  /// - Precondition: a new value is in `0...capacity`.
  package var rows: Int {
    didSet { precondition((0...capacity).contains(rows), "\(rows) of \(capacity) rows") }
  }

  private let memory: AlignedMemory

  /// Makes room for `capacity` rows, and uses all of them.
  package init(capacity: Int, columns: Int) {
    precondition(capacity >= 0 && columns >= 0, "cannot make \(capacity) rows of \(columns)")
    let (count, overflow) = capacity.multipliedReportingOverflow(by: columns)
    precondition(!overflow && count <= Int.max / 8, "\(capacity) rows of \(columns) are too many")
    self.capacity = capacity
    self.columns = columns
    rows = capacity
    memory = AlignedMemory(bytes: Self.byteCount(capacity: capacity, columns: columns))
  }

  /// Bytes of `capacity` rows of `columns`.
  package static func byteCount(capacity: Int, columns: Int) -> Int {
    capacity * columns * MemoryLayout<Float>.stride
  }

  /// The first element of the first row.
  package var pointer: UnsafeMutablePointer<Float> {
    memory.base.assumingMemoryBound(to: Float.self)
  }

  /// One row, to read.
  @_lifetime(borrow self)
  package func row(_ row: Int) -> Span<Float> {
    let span = Span(_unsafeStart: UnsafePointer(rowPointer(row)), count: columns)
    return _overrideLifetime(span, borrowing: self)
  }

  /// One row, to write.
  @_lifetime(&self)
  package mutating func mutableRow(_ row: Int) -> MutableSpan<Float> {
    let span = MutableSpan(_unsafeStart: rowPointer(row), count: columns)
    return _overrideLifetime(span, mutating: &self)
  }

  /// Keeps some rows, and drops all others.
  ///
  /// - Precondition: `kept` ascends.
  package mutating func keep(rows kept: [Int]) {
    for (row, source) in kept.enumerated() where source != row {
      precondition(source > row && source < rows, "row \(source) of \(rows) as row \(row)")
      rowPointer(row).update(from: rowPointer(source), count: columns)
    }
    rows = kept.count
  }

  private func rowPointer(_ row: Int) -> UnsafeMutablePointer<Float> {
    precondition((0..<rows).contains(row), "row \(row) of \(rows)")
    return pointer + row * columns
  }
}
