internal import CKernels

extension Compute {
  /// Quantises row-major weights to 8 bits on all lanes: symmetric, per output and group of 128.
  ///
  /// - Parameters:
  ///   - weights: float storage.
  ///   - layout: 8 bits; the weights' rows and columns.
  ///   - output: `layout.byteCount` bytes, 64-byte aligned.
  package func pack(
    quantizing weights: WeightMatrix, layout: QuantizedLayout, into output: UnsafeMutableRawPointer
  ) {
    precondition(
      layout.bits == 8 && layout.rows == weights.rows && layout.columns == weights.columns,
      "\(weights.rows) × \(weights.columns) weights for \(layout)")
    guard case .float(let pointer, let elementType) = weights.storage,
      let type = elementType.floatType
    else { preconditionFailure("only float weights can be quantised") }
    checkAlignment(output)
    nonisolated(unsafe) let source = pointer
    nonisolated(unsafe) let output = output
    forEachPart(of: layout.panels) { panels, _ in
      ck_pack_int8(
        kernels, source, type, layout.rows, layout.columns, panels.lowerBound, panels.upperBound,
        output)
    }
  }
}
