internal import CKernels

// Many rows by OpenBLAS: a block of weights at a time is widened in `scratch` and used for all rows.
extension FloatProduct {
  /// Outputs that a block covers: 256 KiB of weights, a part of the second-level cache.
  private static let libraryOutputs = 256
  private static let weightFloats = libraryOutputs * blockInputs
  private static let edgeFloats = OpenBLAS.rowUnit * libraryOutputs
  static let libraryScratchBytes =
    (weightFloats + 2 * edgeFloats) * MemoryLayout<Float>.stride

  /// Borders between lanes are whole units of outputs.
  var libraryGrain: Int {
    (gemmGrain + OpenBLAS.outputUnit - 1) / OpenBLAS.outputUnit * OpenBLAS.outputUnit
  }

  /// Some outputs of all rows.
  ///
  /// - Precondition: `outputs` begin at a multiple of `libraryGrain`.
  func multiplyByLibrary(
    _ outputs: Range<Int>, bias: UnsafePointer<Float>?, scratch: UnsafeMutableRawPointer
  ) {
    let floats = scratch.assumingMemoryBound(to: Float.self)
    let edge = floats + Self.weightFloats
    for first in stride(from: outputs.lowerBound, to: outputs.upperBound, by: Self.libraryOutputs) {
      let block = first..<min(first + Self.libraryOutputs, outputs.upperBound)
      start(block, bias: bias)
      for k in stride(from: 0, to: weights.columns, by: Self.blockInputs) {
        let inputs = k..<min(k + Self.blockInputs, weights.columns)
        let widened = widen(outputs: block, inputs: inputs, into: floats, edge: edge)
        multiply(block, inputs: inputs, widened, edge: edge)
      }
    }
  }

  /// Sums begin with the bias.
  private func start(_ outputs: Range<Int>, bias: UnsafePointer<Float>?) {
    for row in 0..<rows {
      let target = output + row * outputStride + outputs.lowerBound
      if let bias {
        target.update(from: bias + outputs.lowerBound, count: outputs.count)
      } else {
        target.update(repeating: 0, count: outputs.count)
      }
    }
  }

  /// Adds a block's products: whole units where they lie, and the rest in units at `edge`.
  private func multiply(
    _ outputs: Range<Int>, inputs: Range<Int>, _ widened: OpenBLAS.Weights,
    edge: UnsafeMutablePointer<Float>
  ) {
    let unit = OpenBLAS.rowUnit
    let width = Self.wholeUnits(outputs.count)
    let whole = width == outputs.count ? rows / unit * unit : 0
    let (input, output) = (input + inputs.lowerBound, output + outputs.lowerBound)
    if whole > 0 {
      OpenBLAS.multiplyAdd(
        input, stride: inputStride, rows: whole, widened, outputs: width, count: inputs.count,
        into: output, outputStride: outputStride)
    }
    for first in stride(from: whole, to: rows, by: unit) {
      let (edgeInput, edgeOutput) = (edge, edge + Self.edgeFloats)
      edge.update(repeating: 0, count: 2 * Self.edgeFloats)
      let last = min(first + unit, rows)
      for row in first..<last {
        (edgeInput + (row - first) * inputs.count)
          .update(from: input + row * inputStride, count: inputs.count)
        (edgeOutput + (row - first) * width)
          .update(from: output + row * outputStride, count: outputs.count)
      }
      OpenBLAS.multiplyAdd(
        edgeInput, stride: inputs.count, rows: unit, widened, outputs: width, count: inputs.count,
        into: edgeOutput, outputStride: width)
      for row in first..<last {
        (output + row * outputStride)
          .update(from: edgeOutput + (row - first) * width, count: outputs.count)
      }
    }
  }

  /// Weights as float32, those of outputs that are missing from the last unit zero.
  private func widen(
    outputs: Range<Int>, inputs: Range<Int>, into target: UnsafeMutablePointer<Float>,
    edge: UnsafeMutablePointer<Float>
  ) -> OpenBLAS.Weights {
    let width = Self.wholeUnits(outputs.count)
    if outputs.count < width { target.update(repeating: 0, count: Self.weightFloats) }
    switch weights.storage {
    case .float(let pointer, let type):
      guard let floatType = type.floatType else { preconditionFailure("weights are \(type)") }
      for row in outputs {
        kernels.pointee.widen(
          pointer + (row * weights.columns + inputs.lowerBound) * type.byteCount, floatType,
          target + (row - outputs.lowerBound) * inputs.count, inputs.count)
      }
      return OpenBLAS.Weights(pointer: target, stride: inputs.count, isTransposed: false)
    case .quantized(let matrix):
      unpack(matrix, outputs: outputs, inputs: inputs, into: target, stride: width, block: edge)
      return OpenBLAS.Weights(pointer: target, stride: width, isTransposed: true)
    }
  }

  /// Writes quantised weights as `[inputs, outputs]`; `block` takes one of theirs at a time.
  private func unpack(
    _ matrix: QuantizedMatrix, outputs: Range<Int>, inputs: Range<Int>,
    into target: UnsafeMutablePointer<Float>, stride width: Int,
    block: UnsafeMutablePointer<Float>
  ) {
    let (panelRows, groupColumns) = (QuantizedLayout.panelRows, QuantizedLayout.groupColumns)
    for firstInput in Swift.stride(from: inputs.lowerBound, to: inputs.upperBound, by: groupColumns)
    {
      let count = min(groupColumns, inputs.upperBound - firstInput)
      for firstOutput in Swift.stride(
        from: outputs.lowerBound, to: outputs.upperBound, by: panelRows)
      {
        kernels.pointee.unpack_block(
          matrix.block(panel: firstOutput / panelRows, group: firstInput / groupColumns),
          Int32(matrix.layout.bits), block)
        let place =
          target + (firstInput - inputs.lowerBound) * width + firstOutput - outputs.lowerBound
        for input in 0..<count {
          (place + input * width).update(from: block + input * panelRows, count: panelRows)
        }
      }
    }
  }

  private static func wholeUnits(_ outputs: Int) -> Int {
    (outputs + OpenBLAS.outputUnit - 1) / OpenBLAS.outputUnit * OpenBLAS.outputUnit
  }
}
