internal import CKernels

extension Compute {
  /// Multiplies int8 activations with packed weights; the parts' outputs stand side by side.
  ///
  /// Of each part `output[r, o] = Σ input[r, i] · weights[o, i] + bias[o]`. Sums within a group of 128
  /// inputs are exact integers; groups are added in float32 in their order, so a row's result has
  /// the same bits whatever the lanes, the other rows and the other parts.
  ///
  /// - Parameters:
  ///   - input: `[rows, inputs]`.
  ///   - parts: matrices `[outputs, inputs]` with their biases `[outputs]`, or nil for none.
  ///   - output: `[rows, at least all outputs]`; other columns are left as they are.
  package func multiply(
    _ input: borrowing QuantizedRows, _ parts: [(weights: QuantizedMatrix, bias: [Float]?)],
    into output: inout Activations
  ) {
    for (weights, bias) in parts {
      precondition(
        input.columns == weights.columns,
        "input has \(input.columns) columns, weights have \(weights.columns)")
      precondition(
        bias == nil || bias?.count == weights.rows,
        "\(bias?.count ?? 0) biases for \(weights.rows) outputs")
    }
    precondition(
      input.rows == output.rows, "input has \(input.rows) rows, output has \(output.rows)")
    let outputs = parts.reduce(0) { $0 + $1.weights.rows }
    precondition(outputs <= output.columns, "\(outputs) outputs in \(output.columns) columns")
    multiply(
      input.forC, parts,
      CKQuantizedOutput(
        values: output.pointer, stride: output.columns, count: outputs, bias: nil, scale: nil,
        adds: 0))
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
    Self.withOptionalPointer(scale) { scale in
      multiply(
        input.forC, [(weights, bias)],
        CKQuantizedOutput(
          values: stream.pointer, stride: stream.columns, count: weights.rows, bias: nil,
          scale: scale, adds: 1))
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
      rows, [(weights, nil)],
      CKQuantizedOutput(
        values: output.pointer, stride: output.columns, count: weights.rows, bias: nil, scale: nil,
        adds: 0))
  }

  /// The same, checked; `output` is that of all parts, and takes its biases from them.
  private func multiply(
    _ input: CKQuantizedRows, _ parts: [(weights: QuantizedMatrix, bias: [Float]?)],
    _ output: CKQuantizedOutput
  ) {
    nonisolated(unsafe) let input = input
    nonisolated(unsafe) let output = output
    let multiply: @Sendable (Range<Int>) -> Void = { panels in
      var panelsBefore = 0, column = 0
      for (weights, bias) in parts {
        let all = panelsBefore..<panelsBefore + weights.layout.panels
        let own = panels.clamped(to: all)
        if !own.isEmpty {
          let local = own.lowerBound - panelsBefore..<own.upperBound - panelsBefore
          let first = column + local.lowerBound * QuantizedLayout.panelRows
          var part = output
          part.values += first
          part.scale = output.scale.map { $0 + first }
          self.multiply(input, weights, bias: bias, panels: local, into: part)
        }
        panelsBefore = all.upperBound
        column += weights.rows
      }
    }
    let panels = parts.reduce(0) { $0 + $1.weights.layout.panels }
    let bytes = parts.reduce(0) { $0 + $1.weights.layout.byteCount }
    // Waking a lane does not pay for less than about 10 µs of memory reads.
    if bytes * max(1, input.rows / 8) < 128 << 10 {
      if panels > 0 { multiply(0..<panels) }
      return
    }
    // Four panels take turns in a microtile of many rows. For few rows, fewer than 32 are too few for the
    // two streams of one row and the copied activations of eight, so only output layers have enough.
    let isFew = input.rows <= Int(CK_GEMV_ROWS)
    let grain = isFew ? 32 : 4
    if !isFew || panels >= 8 * grain * lanes {
      forEachPart(of: panels, grain: grain) { panels, _ in multiply(panels) }
    } else {
      forEachLane(of: panels, multiply)
    }
  }

  /// Multiplies with some panels of one matrix.
  ///
  /// `output` has the values and scales of the first panel given; `bias` is the whole matrix's.
  func multiply(
    _ input: CKQuantizedRows, _ weights: QuantizedMatrix, bias: [Float]?, panels: Range<Int>,
    into output: CKQuantizedOutput
  ) {
    let first = panels.lowerBound * QuantizedLayout.panelRows
    let share = CKQuantizedPanels(
      panels: weights.block(panel: panels.lowerBound, group: 0), bits: Int32(weights.layout.bits))
    Self.withOptionalPointer(bias) { bias in
      var output = output
      output.count = min(panels.upperBound * QuantizedLayout.panelRows, weights.rows) - first
      output.bias = bias.map { $0 + first }
      ck_multiply_quantized(kernels, input, share, output)
    }
  }

  /// Calls `body` with the values' address, or with nil.
  static func withOptionalPointer(_ values: [Float]?, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let values else { return body(nil) }
    values.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
