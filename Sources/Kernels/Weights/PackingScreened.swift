internal import CKernels

extension Compute {
  /// Quantises an output layer on all lanes to 8 bits in two halves.
  ///
  /// - Parameters:
  ///   - weights: float storage.
  ///   - layout: the weights' rows and columns.
  ///   - output: `layout.byteCount` bytes, 64-byte aligned.
  package func pack(
    screening weights: WeightMatrix, layout: ScreenedLayout, into output: UnsafeMutableRawPointer
  ) {
    precondition(
      layout.rows == weights.rows && layout.columns == weights.columns,
      "\(weights.rows) × \(weights.columns) weights for \(layout)")
    guard case .float(let pointer, let elementType) = weights.storage,
      let type = elementType.floatType
    else { preconditionFailure("only float weights can be quantised") }
    checkAlignment(output)
    nonisolated(unsafe) let source = pointer
    nonisolated(unsafe) let target = layout.parts(output)
    forEachPart(of: layout.high.panels) { panels, _ in
      ck_pack_screened(
        kernels, source, type, layout.rows, layout.columns, panels.lowerBound, panels.upperBound,
        target)
    }
  }
}
