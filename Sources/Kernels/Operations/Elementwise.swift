internal import CKernels

extension Compute {
  /// Replaces every element by `x · Φ(x)`: GELU in its exact form, with erf.
  package func gelu(_ x: inout Activations) {
    let columns = x.columns
    nonisolated(unsafe) let pointer = x.pointer
    forEachRowRange(of: x.rows, columns: columns) { rows in
      kernels.pointee.gelu(pointer + rows.lowerBound * columns, rows.count * columns)
    }
  }

  /// The gated activation of a feed-forward layer: `output = silu(gate) · up`.
  ///
  /// - Parameters:
  ///   - gateAndUp: `[rows, 2 · inner]`: the gate, then up.
  ///   - output: `[rows, inner]`.
  package func siluMultiply(_ gateAndUp: borrowing Activations, into output: inout Activations) {
    let columns = output.columns
    precondition(
      gateAndUp.columns == 2 * columns && gateAndUp.rows == output.rows,
      "[\(gateAndUp.rows), \(gateAndUp.columns)] into [\(output.rows), \(columns)]")
    nonisolated(unsafe) let source = gateAndUp.pointer
    nonisolated(unsafe) let target = output.pointer
    forEachRowRange(of: output.rows, columns: columns) { rows in
      kernels.pointee.silu_multiply(
        source + rows.lowerBound * 2 * columns, rows.count, columns,
        target + rows.lowerBound * columns)
    }
  }

  /// Adds a branch to the residual stream: `x += scale ⊙ branch`.
  ///
  /// - Parameters:
  ///   - branch: `[rows, columns]`.
  ///   - scale: a factor per column (layer scale); nil is one.
  ///   - x: `[rows, columns]`.
  package func add(_ branch: borrowing Activations, scale: [Float]?, to x: inout Activations) {
    let columns = x.columns
    precondition(
      branch.columns == columns && branch.rows == x.rows,
      "[\(branch.rows), \(branch.columns)] to [\(x.rows), \(columns)]")
    precondition(
      scale == nil || scale?.count == columns,
      "\(scale?.count ?? 0) factors for \(columns) columns")
    nonisolated(unsafe) let source = branch.pointer
    nonisolated(unsafe) let target = x.pointer
    forEachRowRange(of: x.rows, columns: columns) { rows in
      let first = rows.lowerBound * columns
      guard let scale else {
        return ck_add_scaled(source + first, nil, rows.count, columns, target + first)
      }
      scale.withUnsafeBufferPointer {
        ck_add_scaled(source + first, $0.baseAddress, rows.count, columns, target + first)
      }
    }
  }
}
