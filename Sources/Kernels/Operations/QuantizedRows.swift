internal import CKernels

/// Activations as int8: per row and group of 128 columns a scale and the sum of the codes.
///
/// `x[r, i] ≈ code[r, i] · scale[r, i / 128]` with codes −127...127 and `scale = max|x| / 127`, so
/// the error of an element is at most half its group's scale, and an outlier coarsens only its own
/// group. Columns are padded with zeros to whole groups. Made for the kernels that read it:
/// `quantized.h` of `CKernels` has the layout.
package struct QuantizedRows: ~Copyable, @unchecked Sendable {
  // Sendable: the memory has one owner, and the type cannot be copied.

  /// The length of a row.
  package let columns: Int

  /// How many rows there is memory for.
  package let capacity: Int

  /// How many rows the last `quantize` wrote.
  package internal(set) var rows = 0

  private let codes: AlignedMemory
  private let scales: AlignedMemory
  private let sums: AlignedMemory

  /// Makes room for `capacity` rows of `columns`.
  ///
  /// - Precondition: both are `0...Int32.max`.
  package init(capacity: Int, columns: Int) {
    precondition(
      0...Int(Int32.max) ~= capacity && 0...Int(Int32.max) ~= columns,
      "cannot make \(capacity) quantised rows of \(columns)")
    self.capacity = capacity
    self.columns = columns
    let items = capacity * Self.groups(of: columns)
    codes = AlignedMemory(bytes: items * QuantizedLayout.groupColumns)
    scales = AlignedMemory(bytes: items * MemoryLayout<Float>.stride)
    sums = AlignedMemory(bytes: items * MemoryLayout<Float>.stride)
  }

  /// Bytes of `capacity` rows of `columns`: their codes, scales and sums.
  package static func byteCount(capacity: Int, columns: Int) -> Int {
    capacity * groups(of: columns)
      * (QuantizedLayout.groupColumns + 2 * MemoryLayout<Float>.stride)
  }

  static func groups(of columns: Int) -> Int {
    (columns + QuantizedLayout.groupColumns - 1) / QuantizedLayout.groupColumns
  }

  /// The rows in use, as C takes them.
  var forC: CKQuantizedRows {
    CKQuantizedRows(
      codes: codes.base.assumingMemoryBound(to: Int8.self),
      scales: scales.base.assumingMemoryBound(to: Float.self),
      sums: sums.base.assumingMemoryBound(to: Float.self),
      rows: rows, groups: Self.groups(of: columns))
  }
}

extension Compute {
  /// Quantises all rows of `input` to int8, rounding to nearest with ties to even.
  ///
  /// A group with an infinity or a NaN makes every product with it NaN; one whose values are all
  /// below 1e-30 counts as zeros.
  ///
  /// - Precondition: both have the same columns, and `output` has room for the rows.
  package func quantize(_ input: borrowing Activations, into output: inout QuantizedRows) {
    precondition(
      input.columns == output.columns && input.rows <= output.capacity,
      """
      cannot quantise \(input.rows) rows of \(input.columns) into \(output.capacity) \
      of \(output.columns)
      """)
    output.rows = input.rows
    nonisolated(unsafe) let target = output.forC
    nonisolated(unsafe) let source = input.pointer
    let columns = input.columns
    // Below this, one lane is done before another one could start.
    let grain = max(1, 32768 / max(columns, 1))
    forEachPart(of: input.rows, grain: grain) { rows, _ in
      ck_quantize_rows(
        kernels, source, columns, columns, rows.lowerBound, rows.upperBound, target)
    }
  }
}
