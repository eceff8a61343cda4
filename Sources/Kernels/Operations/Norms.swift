internal import CKernels

extension Compute {
  /// Layer normalisation: `output = (x - mean) / √(variance + epsilon) · weight + bias`, by row.
  ///
  /// - Parameters:
  ///   - x: `[rows, columns]`.
  ///   - weight: `[columns]`.
  ///   - bias: `[columns]`.
  ///   - epsilon: what keeps the divisor from zero.
  ///   - output: `[rows, columns]`.
  package func layerNorm(
    _ x: borrowing Activations, weight: [Float], bias: [Float], epsilon: Float,
    into output: inout Activations
  ) {
    precondition(
      weight.count == x.columns && bias.count == x.columns && output.columns == x.columns,
      """
      \(x.columns) columns with \(weight.count) weights and \(bias.count) biases \
      into \(output.columns) columns
      """)
    precondition(output.rows == x.rows, "\(x.rows) rows into \(output.rows)")
    let columns = x.columns
    nonisolated(unsafe) let source = x.pointer
    nonisolated(unsafe) let target = output.pointer
    forEachRowRange(of: x.rows, columns: columns) { rows in
      weight.withUnsafeBufferPointer { weight in
        bias.withUnsafeBufferPointer { bias in
          kernels.pointee.layer_norm(
            source + rows.lowerBound * columns, columns, rows.count, columns, weight.baseAddress,
            bias.baseAddress, epsilon, target + rows.lowerBound * columns, columns)
        }
      }
    }
  }

  /// Root-mean-square normalisation: `output = x / √(mean(x²) + epsilon) · weight`, by row.
  ///
  /// - Parameters:
  ///   - x: `[rows, columns]`.
  ///   - weight: `[columns]`.
  ///   - epsilon: what keeps the divisor from zero.
  ///   - output: `[rows, columns]`.
  package func rmsNorm(
    _ x: borrowing Activations, weight: [Float], epsilon: Float, into output: inout Activations
  ) {
    precondition(
      output.columns == x.columns && output.rows == x.rows,
      "[\(x.rows), \(x.columns)] into [\(output.rows), \(output.columns)]")
    rmsNorm(
      x.pointer, stride: x.columns, rows: x.rows, weight: weight, columns: x.columns,
      epsilon: epsilon, into: output.pointer)
  }

  /// The same for some columns, in place: the query and key normalisation of InternViT-6B.
  package func rmsNormInPlace(
    _ x: inout Activations, columns: Range<Int>, weight: [Float], epsilon: Float
  ) {
    precondition(
      columns.lowerBound >= 0 && columns.upperBound <= x.columns,
      "columns \(columns) of \(x.columns)")
    let part = x.pointer + columns.lowerBound
    rmsNorm(
      part, stride: x.columns, rows: x.rows, weight: weight, columns: columns.count,
      epsilon: epsilon, into: part)
  }

  /// The same for every head of some, in place: the query and key normalisation of Qwen3.
  ///
  /// - Parameters:
  ///   - x: `[rows, columns]`.
  ///   - heads: the first column of each head.
  ///   - width: the width of a head.
  ///   - weight: `[width]`, the same for all heads.
  ///   - epsilon: what keeps the divisor from zero.
  package func rmsNormInPlace(
    _ x: inout Activations, heads: [Int], width: Int, weight: [Float], epsilon: Float
  ) {
    precondition(
      heads.allSatisfy { $0 >= 0 && $0 <= x.columns - width } && weight.count == width,
      "heads of \(width) at \(heads) of \(x.columns) columns with \(weight.count) weights")
    let stride = x.columns
    nonisolated(unsafe) let values = x.pointer
    forEachRowRange(of: x.rows, columns: heads.count * width) { rows in
      weight.withUnsafeBufferPointer { weight in
        for head in heads {
          let part = values + rows.lowerBound * stride + head
          kernels.pointee.rms_norm(
            part, stride, rows.count, width, weight.baseAddress, epsilon, part, stride)
        }
      }
    }
  }

  private func rmsNorm(
    _ source: UnsafeMutablePointer<Float>, stride: Int, rows: Int, weight: [Float], columns: Int,
    epsilon: Float, into target: UnsafeMutablePointer<Float>
  ) {
    precondition(weight.count == columns, "\(weight.count) weights for \(columns) columns")
    nonisolated(unsafe) let source = source
    nonisolated(unsafe) let target = target
    forEachRowRange(of: rows, columns: columns) { rows in
      weight.withUnsafeBufferPointer { weight in
        kernels.pointee.rms_norm(
          source + rows.lowerBound * stride, stride, rows.count, columns, weight.baseAddress,
          epsilon, target + rows.lowerBound * stride, stride)
      }
    }
  }

  /// Layer or root-mean-square normalisation straight to int8: the float32 rows stay in the cache.
  ///
  /// The bits are those of `layerNorm`, or of `rmsNorm` without `bias`, and `quantize`.
  ///
  /// - Parameters:
  ///   - x: `[rows, columns]`.
  ///   - weight: `[columns]`.
  ///   - bias: `[columns]` for layer normalisation.
  ///   - epsilon: what keeps the divisor from zero.
  ///   - output: `[rows, columns]`; its row count is set.
  package func quantizeNormalized(
    _ x: borrowing Activations, weight: [Float], bias: [Float]?, epsilon: Float,
    into output: inout QuantizedRows
  ) {
    let columns = x.columns
    precondition(
      weight.count == columns && bias.map { $0.count == columns } ?? true
        && output.columns == columns && x.rows <= output.capacity,
      "[\(x.rows), \(columns)] into [\(output.capacity), \(output.columns)]")
    output.rows = x.rows
    nonisolated(unsafe) let source = x.pointer
    nonisolated(unsafe) let target = output.forC
    forEachPart(
      of: x.rows, grain: max(1, (1 << 16) / max(1, columns)),
      scratchBytes: columns * MemoryLayout<Float>.stride
    ) { rows, scratch in
      let normed = scratch.assumingMemoryBound(to: Float.self)
      for row in rows {
        let values = source + row * columns
        if let bias {
          kernels.pointee.layer_norm(
            values, columns, 1, columns, weight, bias, epsilon, normed, columns)
        } else {
          kernels.pointee.rms_norm(
            values, columns, 1, columns, weight, epsilon, normed, columns)
        }
        // One row of the scratch is every row's input.
        ck_quantize_rows(kernels, normed, 0, columns, row, row + 1, target)
      }
    }
  }

  /// Splits rows among lanes for work that does a few operations per element.
  func forEachRowRange(
    of rows: Int, columns: Int, _ body: @Sendable (Range<Int>) -> Void
  ) {
    // A lane passes over 2^16 elements in about 30 µs; waking another for less does not pay.
    forEachPart(of: rows, grain: max(1, (1 << 16) / max(1, columns))) { rows, _ in body(rows) }
  }
}
