internal import CKernels

extension Compute {
  /// Multiplies int8 activations with packed weights.
  ///
  /// `output[r, column + o] = Σ input[r, i] · weights[o, i] + bias[o]`. Sums within a group of 128
  /// inputs are exact integers; groups are added in float32 in their order, so a row's result has
  /// the same bits whatever the lanes and the other rows.
  ///
  /// - Parameters:
  ///   - input: `[rows, weights.columns]`.
  ///   - weights: `[outputs, inputs]`.
  ///   - bias: `[weights.rows]`, or nil for none.
  ///   - output: `[rows, at least column + weights.rows]`; other columns are left as they are.
  ///   - column: where in `output`'s rows the result begins.
  package func multiply(
    _ input: borrowing QuantizedRows, _ weights: QuantizedMatrix, bias: [Float]?,
    into output: inout Activations, column: Int = 0
  ) {
    precondition(
      input.columns == weights.columns,
      "input has \(input.columns) columns, weights have \(weights.columns)")
    precondition(
      input.rows == output.rows, "input has \(input.rows) rows, output has \(output.rows)")
    precondition(
      column >= 0 && column <= output.columns - weights.rows,
      "\(weights.rows) outputs at column \(column) of \(output.columns)")
    precondition(
      bias == nil || bias?.count == weights.rows,
      "\(bias?.count ?? 0) biases for \(weights.rows) outputs")
    Self.withOptionalPointer(bias) { bias in
      multiply(
        input.forC, weights,
        CKQuantizedOutput(
          values: output.pointer + column, stride: output.columns, count: weights.rows, bias: bias,
          scale: nil, adds: 0))
    }
  }

  /// Adds a product to the residual stream: `stream[r, o] += scale[o] · (Σ input · weights + bias[o])`.
  ///
  /// - Parameters:
  ///   - input: `[rows, weights.columns]`.
  ///   - weights: `[outputs, inputs]`.
  ///   - bias: `[weights.rows]`, or nil for none.
  ///   - scale: `[weights.rows]`, or nil for ones.
  ///   - stream: `[rows, weights.rows]`.
  package func multiply(
    _ input: borrowing QuantizedRows, _ weights: QuantizedMatrix, bias: [Float]?, scale: [Float]?,
    addingTo stream: inout Activations
  ) {
    precondition(
      input.columns == weights.columns && input.rows == stream.rows
        && weights.rows == stream.columns && bias.map { $0.count == weights.rows } ?? true
        && scale.map { $0.count == weights.rows } ?? true,
      "[\(input.rows), \(input.columns)] by \(weights.layout) to [\(stream.rows), \(stream.columns)]"
    )
    Self.withOptionalPointer(bias) { bias in
      Self.withOptionalPointer(scale) { scale in
        multiply(
          input.forC, weights,
          CKQuantizedOutput(
            values: stream.pointer, stride: stream.columns, count: weights.rows, bias: bias,
            scale: scale, adds: 1))
      }
    }
  }

  /// The same with `sums`, `[groups, rows]`, in place of the sums of the input's codes.
  func multiply(
    _ input: borrowing QuantizedRows, _ weights: QuantizedMatrix, sums: UnsafeMutablePointer<Float>,
    into output: inout Activations
  ) {
    precondition(
      input.columns == weights.columns && input.rows == output.rows
        && weights.rows == output.columns,
      "\(input.rows) × \(input.columns) by \(weights.layout) into \(output.rows) × \(output.columns)"
    )
    var rows = input.forC
    rows.sums = sums
    multiply(
      rows, weights,
      CKQuantizedOutput(
        values: output.pointer, stride: output.columns, count: weights.rows, bias: nil, scale: nil,
        adds: 0))
  }

  /// The same, checked; `output` is that of all panels.
  private func multiply(
    _ input: CKQuantizedRows, _ weights: QuantizedMatrix, _ output: CKQuantizedOutput
  ) {
    nonisolated(unsafe) let input = input
    nonisolated(unsafe) let output = output
    let set = instructionSet.forC
    let layout = weights.layout
    let multiply: @Sendable (Range<Int>) -> Void = { panels in
      let first = panels.lowerBound * QuantizedLayout.panelRows
      var part = output
      part.values += first
      part.count = min(panels.upperBound * QuantizedLayout.panelRows, layout.rows) - first
      part.bias = output.bias.map { $0 + first }
      part.scale = output.scale.map { $0 + first }
      let share = CKQuantizedPanels(
        panels: weights.block(panel: panels.lowerBound, group: 0), bits: Int32(layout.bits))
      ck_multiply_quantized(input, share, part, set)
    }
    // Less than about 10 µs of memory reads is not worth waking a lane; four panels are a register
    // tile of many rows.
    if layout.byteCount * max(1, input.rows / 8) < 128 << 10 {
      if layout.panels > 0 { multiply(0..<layout.panels) }
    } else if input.rows <= 8 {
      forEachLane(of: layout.panels, multiply)
    } else {
      forEachPart(of: layout.panels, grain: 4) { panels, _ in multiply(panels) }
    }
  }

  /// Calls `body` with the values' address, or with nil.
  static func withOptionalPointer(_ values: [Float]?, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let values else { return body(nil) }
    values.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
