internal import CKernels

extension Compute {
  /// Multiplies in float32: `output[r, column + o] = Σ_i input[r, i] · weights[o, i] + bias[o]`.
  ///
  /// Stored weights are widened, and quantised ones unpacked, on the fly and exactly; the rounding
  /// is that of the float32 sums. How they are summed depends on `gemvRows` and on nothing else, so a
  /// row's bits do not depend on the lanes and the other rows.
  ///
  /// - Parameters:
  ///   - input: `[rows, weights.columns]`.
  ///   - weights: `[outputs, inputs]`.
  ///   - bias: `[weights.rows]`.
  ///   - gemvRows: how many rows, from the first on, take the sums that are fast for a few rows; the
  ///     others take those that are fast for many. Quantised weights have only the latter.
  ///   - output: `[rows, at least column + weights.rows]`; other columns are left as they are.
  ///   - column: where in `output`'s rows the result begins.
  package func multiply(
    _ input: borrowing Activations, _ weights: WeightMatrix, bias: [Float]?, gemvRows: Int = 0,
    into output: inout Activations, column: Int = 0
  ) {
    precondition(
      (0...input.rows).contains(gemvRows), "\(gemvRows) rows for gemv of \(input.rows)")
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
    let product = FloatProduct(
      input: UnsafePointer(input.pointer), inputStride: input.columns, rows: input.rows,
      weights: weights, output: output.pointer + column, outputStride: output.columns,
      kernels: kernels)
    let few = product.rows(0..<(weights.isQuantized ? 0 : gemvRows))
    let many = product.rows(few.rows..<input.rows)
    guard let bias else { return run(few, many, bias: nil) }
    bias.withUnsafeBufferPointer { run(few, many, bias: $0.baseAddress) }
  }

  /// The two parts of a product, with the same weights.
  private func run(_ few: FloatProduct, _ many: FloatProduct, bias: UnsafePointer<Float>?) {
    nonisolated(unsafe) let bias = bias
    if many.rows == 0 {
      forEachLane(of: few.weights.rows, grain: few.gemvGrain) { outputs in
        few.gemv(outputs, bias: bias)
      }
    } else if usesOpenBLAS {
      forEachPart(
        of: many.weights.rows, grain: many.libraryGrain,
        scratchBytes: FloatProduct.libraryScratchBytes
      ) { outputs, scratch in
        few.gemv(outputs, bias: bias)
        many.multiplyByLibrary(outputs, bias: bias, scratch: scratch)
      }
    } else {
      forEachPart(
        of: many.weights.rows, grain: many.gemmGrain, scratchBytes: FloatProduct.scratchBytes
      ) { outputs, scratch in
        few.gemv(outputs, bias: bias)
        many.gemm(outputs, bias: bias, scratch: scratch)
      }
    }
  }
}

/// A checked product of rows with weights.
struct FloatProduct: @unchecked Sendable {
  // Sendable: lanes write disjoint columns of the output and only read the rest.
  var input: UnsafePointer<Float>
  let inputStride: Int
  var rows: Int
  let weights: WeightMatrix
  var output: UnsafeMutablePointer<Float>
  let outputStride: Int
  let kernels: UnsafePointer<CKKernels>

  /// Inputs that a block of panels covers: a block of one panel is 16 KiB, half the L1 cache.
  static let blockInputs = Int(CK_PANEL_INPUTS)
  /// Outputs that a block of panels covers: 512 KiB in all, half the L2 cache of a server core.
  static let blockOutputs = 512
  static let scratchBytes = blockInputs * blockOutputs * MemoryLayout<Float>.stride

  /// The product of some of the rows.
  func rows(_ range: Range<Int>) -> FloatProduct {
    var part = self
    part.rows = range.count
    part.input += range.lowerBound * inputStride
    part.output += range.lowerBound * outputStride
    return part
  }

  /// Borders between lanes are multiples of these: whole pairs of panels.
  ///
  /// A lane is not worth waking for less than about 10 µs: 128 KiB of weights for few rows, which are
  /// bound by memory, else 2^19 multiplications. And every part of a product of many rows reads all
  /// its inputs again, which with fewer than 8 pairs costs a tenth of the time.
  var gemvGrain: Int { grain(weights: 1 << 16, pairs: 1) }
  var gemmGrain: Int { grain(weights: (1 << 19) / rows, pairs: rows > 64 ? 8 : 1) }

  private func grain(weights worthwhile: Int, pairs least: Int) -> Int {
    let pair = 2 * Int(CK_PANEL)
    return max(least, worthwhile / max(1, weights.columns) / pair) * pair
  }

  /// All rows, a few at a time: the weights are read as they are stored.
  func gemv(_ outputs: Range<Int>, bias: UnsafePointer<Float>?) {
    guard case .float(let pointer, let type) = weights.storage, let floatType = type.floatType
    else { return }
    let columns = weights.columns
    let most = Int(CK_GEMV_ROWS)
    for first in stride(from: 0, to: rows, by: most) {
      kernels.pointee.gemv(
        input + first * inputStride, inputStride, min(most, rows - first),
        pointer + outputs.lowerBound * columns * type.byteCount, floatType, columns, outputs.count,
        columns, bias.map { $0 + outputs.lowerBound },
        output + first * outputStride + outputs.lowerBound, outputStride)
    }
  }

  /// All rows: a block of weights at a time is laid out in `scratch` and used for all of them.
  func gemm(
    _ outputs: Range<Int>, bias: UnsafePointer<Float>?, scratch: UnsafeMutableRawPointer
  ) {
    let panels = scratch.assumingMemoryBound(to: Float.self)
    for first in stride(from: outputs.lowerBound, to: outputs.upperBound, by: Self.blockOutputs) {
      let block = first..<min(first + Self.blockOutputs, outputs.upperBound)
      // One round even without inputs, so that the output is written.
      for k in stride(from: 0, to: max(1, weights.columns), by: Self.blockInputs) {
        let inputs = k..<min(k + Self.blockInputs, weights.columns)
        pack(outputs: block, inputs: inputs, into: panels)
        kernels.pointee.gemm(
          input + k, inputStride, rows, panels, Self.blockInputs * Int(CK_PANEL),
          block.count, inputs.count, bias.map { $0 + first }, k > 0, output + first, outputStride)
      }
    }
  }

  /// Lays out weights as float32 panels of `[blockInputs][16]`.
  private func pack(
    outputs: Range<Int>, inputs: Range<Int>, into panels: UnsafeMutablePointer<Float>
  ) {
    let panelFloats = Self.blockInputs * Int(CK_PANEL)
    switch weights.storage {
    case .float(let pointer, let type):
      guard let floatType = type.floatType else { return }
      let first = (outputs.lowerBound * weights.columns + inputs.lowerBound) * type.byteCount
      kernels.pointee.pack_panels(
        pointer + first, floatType, weights.columns, outputs.count, inputs.count, panels,
        panelFloats)
    case .quantized(let matrix):
      let width = QuantizedLayout.panelRows
      let groupColumns = QuantizedLayout.groupColumns
      let firstGroup = inputs.lowerBound / groupColumns
      let groups = firstGroup..<firstGroup + (inputs.count + groupColumns - 1) / groupColumns
      let firstPanel = outputs.lowerBound / width
      for panel in firstPanel..<firstPanel + (outputs.count + width - 1) / width {
        let target = panels + (panel - firstPanel) * panelFloats
        for group in groups {
          kernels.pointee.unpack_block(
            matrix.block(panel: panel, group: group), Int32(matrix.layout.bits),
            target + (group - firstGroup) * groupColumns * width)
        }
      }
    }
  }
}
