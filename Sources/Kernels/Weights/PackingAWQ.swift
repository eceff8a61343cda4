internal import CKernels

extension Compute {
  /// Packs an AWQ matrix in gemm order, on all lanes, without a float copy.
  ///
  /// `weight[o, i] = (q − z) · s`, with true asymmetric zero points. Any bit pattern is valid input.
  ///
  /// - Parameters:
  ///   - qweight: little-endian words `[layout.columns, layout.rows / 8]` of eight 4-bit codes.
  ///   - zeros: words `[layout.columns / 128, layout.rows / 8]`.
  ///   - scales: float16 `[layout.columns / 128, layout.rows]`.
  ///   - layout: 4 bits; rows a multiple of 8, columns a multiple of 128.
  ///   - output: `layout.byteCount` bytes, 64-byte aligned.
  package func pack(
    awq qweight: UnsafeRawPointer, zeros: UnsafeRawPointer, scales: UnsafeRawPointer,
    layout: QuantizedLayout, into output: UnsafeMutableRawPointer
  ) {
    precondition(
      layout.bits == 4 && layout.rows % 8 == 0
        && layout.columns % QuantizedLayout.groupColumns == 0,
      "AWQ cannot fill \(layout.rows) × \(layout.columns) codes of \(layout.bits) bits")
    checkAlignment(output)
    nonisolated(unsafe) let matrix = CKAWQMatrix(
      words: qweight, zeros: zeros, scales: scales, outputs: layout.rows, groups: layout.groups)
    nonisolated(unsafe) let output = output
    // Eight panels of a row of words are one cache line.
    forEachPart(of: layout.panels, grain: 8) { panels, _ in
      kernels.pointee.pack_awq(matrix, panels.lowerBound, panels.upperBound, output)
    }
  }

  /// Traps unless `output` can hold packed blocks.
  func checkAlignment(_ output: UnsafeMutableRawPointer) {
    precondition(
      UInt(bitPattern: output) % 64 == 0, "packed weights at \(output) are not 64-byte aligned")
  }
}
