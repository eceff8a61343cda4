internal import CKernels

/// What stands between the two products of a feed-forward layer.
package enum Nonlinearity: Sendable {
  /// GELU of every output.
  case gelu
  /// SiLU of the first matrix's outputs times the second's (SwiGLU: Shazeer 2020).
  case swiGLU
}

extension Compute {
  /// The first half of a feed-forward layer: `output = nonlinearity(input · weights + bias)`, int8.
  ///
  /// 128 outputs of all rows at a time, or up to 512 of a few rows, are computed, activated and
  /// quantised in a lane's own memory, so that the float32 results, four times the size of the codes,
  /// do not travel to memory and back. GELU is approximate, to a hundredth of a code;
  /// otherwise the bits are those of `multiply`, `siluMultiply` and `quantize` one after another.
  ///
  /// - Parameters:
  ///   - input: `[rows, inputs]`.
  ///   - parts: one matrix `[inner, inputs]` for GELU, gate and up for SwiGLU, with biases `[inner]`.
  ///   - nonlinearity: what becomes of the products.
  ///   - output: `[rows, inner]`; its row count is set.
  package func multiply(
    _ input: borrowing QuantizedRows, _ parts: [(weights: QuantizedMatrix, bias: [Float]?)],
    nonlinearity: Nonlinearity, into output: inout QuantizedRows
  ) {
    precondition(
      parts.count == (nonlinearity == .gelu ? 1 : 2)
        && parts.allSatisfy {
          $0.weights.columns == input.columns && $0.weights.rows == output.columns
            && $0.bias.map { $0.count == output.columns } ?? true
        }, "matrices that do not fit \(nonlinearity) of \(input.columns) → \(output.columns)")
    precondition(
      input.rows <= output.capacity, "\(input.rows) rows, room for \(output.capacity)")
    output.rows = input.rows
    let rows = input.rows
    let width = QuantizedLayout.groupColumns
    let columns = output.columns
    nonisolated(unsafe) let source = input.forC
    nonisolated(unsafe) let target = output.forC
    // One row's two streams of panels, and eight rows' copies of activations, pay off with many panels
    // only; but every lane should have two parts.
    let together = rows <= Int(CK_GEMV_ROWS) ? max(1, min(4, target.groups / (2 * lanes))) : 1
    let fill: @Sendable (Range<Int>, UnsafeMutableRawPointer) -> Void = { [self] groups, scratch in
      let results = scratch.assumingMemoryBound(to: Float.self)
      for group in stride(from: groups.lowerBound, to: groups.upperBound, by: together) {
        let first = group * width
        let last = min(group + together, groups.upperBound)
        let count = min(last * width, columns) - first
        let panel = first / QuantizedLayout.panelRows
        let panels = panel..<panel + Self.units(of: count, grain: QuantizedLayout.panelRows)
        for (index, part) in parts.enumerated() {
          let output = CKQuantizedOutput(
            values: results + index * count, stride: parts.count * count, count: count, bias: nil,
            scale: nil, adds: 0)
          multiply(source, part.weights, bias: part.bias, panels: panels, into: output)
        }
        switch nonlinearity {
        case .gelu:
          ck_quantize_gelu_rows(
            kernels, results, count, count, 0, rows, target.groups(group..<last))
        case .swiGLU:
          kernels.pointee.silu_multiply(results, rows, count, results)
          ck_quantize_rows(
            kernels, results, count, count, 0, rows, target.groups(group..<last))
        }
      }
    }
    let scratchBytes = rows * parts.count * together * width * MemoryLayout<Float>.stride
    forEachPart(of: target.groups, grain: together, scratchBytes: scratchBytes, fill)
  }
}

extension CKQuantizedRows {
  /// Some groups of columns of all rows.
  fileprivate func groups(_ range: Range<Int>) -> CKQuantizedRows {
    let first = range.lowerBound * rows
    return CKQuantizedRows(
      codes: codes + first * QuantizedLayout.groupColumns, scales: scales + first,
      sums: sums + first, rows: rows, groups: range.count)
  }
}
