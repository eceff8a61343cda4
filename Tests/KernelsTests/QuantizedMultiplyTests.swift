import TestSupport
import Testing

@testable import Kernels

@Suite("Product of int8 activations and packed weights")
struct QuantizedMultiplyTests {
  /// `output[r, o]` in double, and the sum of the magnitudes of its terms.
  private func product(
    _ input: borrowing Activations, _ weights: QuantizedMatrix, bias: [Float]
  ) -> (values: [Double], magnitudes: [Double]) {
    let (codes, scales) = quantizeByDefinition(input)
    let floats = weights.weights()
    let (columns, groups) = (weights.columns, weights.layout.groups)
    var values: [Double] = []
    var magnitudes: [Double] = []
    for row in 0..<input.rows {
      for output in 0..<weights.rows {
        var total = Double(bias[output])
        var magnitude = abs(total)
        for column in 0..<columns {
          let term =
            Double(codes[row * columns + column]) * Double(floats[output * columns + column])
            * Double(scales[row * groups + column / 128])
          total += term
          magnitude += abs(term)
        }
        values.append(total)
        magnitudes.append(magnitude)
      }
    }
    return (values, magnitudes)
  }

  /// Checks a random product of one shape.
  private func check(set: InstructionSet, rows: Int, outputs: Int, columns: Int, bits: Int) {
    var random = SplitMix64(seed: UInt64(rows * 1000 + outputs * 10 + bits))
    let weights = randomMatrix(rows: outputs, columns: columns, bits: bits, using: &random)
    let input = randomActivations(rows: rows, columns: columns, using: &random)
    let bias = (0..<outputs).map { _ in Float.random(in: -1...1, using: &random) }
    check(set: set, input, weights, bias: bias)
  }

  /// Checks that every value is within the rounding of its float32 operations, which are one for
  /// the product of the scales, one for the weights that the definition reads (code · scale), one for
  /// each group's term and one for each addition.
  private func check(
    set: InstructionSet, _ input: borrowing Activations, _ weights: QuantizedMatrix, bias: [Float]
  ) {
    let (rows, outputs, columns) = (input.rows, weights.rows, weights.columns)
    let compute = Compute(lanes: 1, instructionSet: set)
    var quantized = QuantizedRows(capacity: rows, columns: columns)
    compute.quantize(input, into: &quantized)
    // Beside another part, so that outputs begin where no vector does, and before columns that are
    // not the product's.
    var random = SplitMix64(seed: 3)
    let other = randomMatrix(rows: 3, columns: columns, bits: 8, using: &random)
    var output = Activations(capacity: rows, columns: outputs + 7)
    for index in 0..<rows * output.columns { output.pointer[index] = -77 }
    compute.multiply(quantized, [(other, nil), (weights, bias)], into: &output)

    let found = output.values
    var worst = 0.0
    for (part, bias, first) in [(other, [0, 0, 0], 0), (weights, bias, 3)] {
      let expected = product(input, part, bias: bias)
      for row in 0..<rows {
        for column in 0..<part.rows {
          let value = found[row * output.columns + first + column]
          let index = row * part.rows + column
          let bound = Double(part.layout.groups + 4) * 0x1p-24 * expected.magnitudes[index] + 1e-7
          worst = max(worst, abs(Double(value) - expected.values[index]) / bound)
        }
      }
    }
    for row in 0..<rows {
      let rest = found[row * output.columns + 3 + outputs..<(row + 1) * output.columns]
      #expect(rest.allSatisfy { $0 == -77 }, "columns that are not the product's")
    }
    #expect(worst <= 1, "\(rows) × \(outputs) × \(columns), \(weights.layout.bits) bits")
  }

  @Test(
    "every instruction set agrees with the definition at awkward sizes",
    arguments: InstructionSet.available, [4, 8])
  func matchesDefinition(set: InstructionSet, bits: Int) {
    for outputs in [1, 15, 16, 17, 33] {
      for columns in [1, 127, 128, 129, 300] {
        check(set: set, rows: 2, outputs: outputs, columns: columns, bits: bits)
      }
    }
    for rows in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 33, 277] {
      check(set: set, rows: rows, outputs: 33, columns: 300, bits: bits)
    }
  }

  @Test(
    "sums of the largest magnitude are exact", arguments: InstructionSet.available, [4, 8])
  func largestSums(set: InstructionSet, bits: Int) {
    // Activations of ±127 in four patterns; codes that are all the largest, all zero, or the one where
    // a pattern is positive and the other where it is negative.
    let patterns: [(Int) -> Bool] = [
      { _ in true }, { _ in false }, { $0 % 2 == 0 }, { $0 / 32 % 2 == 0 },
    ]
    let layout = QuantizedLayout(rows: 8, columns: 128, bits: bits)
    let weights = matrix(layout) { output, column in
      patterns[output / 2](column) == (output % 2 == 0) ? (1 << bits) - 1 : 0
    }
    for rows in [1, 2, 3, 4, 8, 9] {
      let input = Activations(capacity: rows, columns: 128)
      for index in 0..<rows * 128 {
        input.pointer[index] = patterns[index / 128 % 4](index % 128) ? 1 : -1
      }
      check(set: set, input, weights, bias: [Float](repeating: 0, count: 8))
    }
  }

  @Test(
    "a row's bits depend neither on the lanes nor on the other rows",
    arguments: InstructionSet.available, [4, 8])
  func bitsAreStable(set: InstructionSet, bits: Int) {
    var random = SplitMix64(seed: 21)
    // So large that a few rows are worth several lanes, too: a range each, or parts in turn.
    for (outputs, columns) in [(1000, 384), (8200, 128)] {
      let weights = randomMatrix(rows: outputs, columns: columns, bits: bits, using: &random)
      let all = randomActivations(rows: 50, columns: columns, using: &random)
      func product(rows: Int, lanes: Int) -> [Float] {
        let compute = Compute(lanes: lanes, instructionSet: set)
        var input = Activations(capacity: rows, columns: columns)
        for index in 0..<rows * columns { input.pointer[index] = all.pointer[index] }
        input.rows = rows
        var quantized = QuantizedRows(capacity: rows, columns: columns)
        compute.quantize(input, into: &quantized)
        var output = Activations(capacity: rows, columns: outputs)
        compute.multiply(quantized, [(weights, nil)], into: &output)
        return output.values
      }
      let reference = product(rows: 50, lanes: 1)
      for lanes in [1, 2, 3] {
        for rows in [1, 2, 4, 7, 8, 9, 15, 33, 50] {
          let isSame = product(rows: rows, lanes: lanes) == Array(reference[..<(rows * outputs)])
          #expect(isSame, "\(rows) rows of \(outputs) outputs on \(lanes) lanes")
        }
      }
    }
  }

  @Test(
    "AVX-VNNI gives the bits of AVX2",
    .enabled(if: InstructionSet.available.contains(.avxvnni), "this machine has no AVX-VNNI"),
    arguments: [4, 8], [1, 3, 8, 50])
  func bitsOfAVX2(bits: Int, rows: Int) {
    var random = SplitMix64(seed: 23)
    let weights = randomMatrix(rows: 203, columns: 300, bits: bits, using: &random)
    let input = randomActivations(rows: rows, columns: 300, using: &random)
    func product(_ set: InstructionSet) -> [Float] {
      let compute = Compute(lanes: 1, instructionSet: set)
      var quantized = QuantizedRows(capacity: rows, columns: 300)
      compute.quantize(input, into: &quantized)
      var output = Activations(capacity: rows, columns: 203)
      compute.multiply(quantized, [(weights, nil)], into: &output)
      return output.values
    }
    #expect(product(.avxvnni) == product(.avx2))
  }

  @Test(
    "adding to the residual stream has the bits of product, layer scale and addition",
    arguments: InstructionSet.available, [4, 8])
  func addsToStream(set: InstructionSet, bits: Int) {
    var random = SplitMix64(seed: 22)
    let (outputs, columns) = (203, 300)
    let weights = randomMatrix(rows: outputs, columns: columns, bits: bits, using: &random)
    let bias = (0..<outputs).map { _ in Float.random(in: -1...1, using: &random) }
    let factors = (0..<outputs).map { _ in Float.random(in: -1...1, using: &random) }
    let compute = Compute(lanes: 2, instructionSet: set)
    for rows in [1, 2, 9, 100] {
      let input = randomActivations(rows: rows, columns: columns, using: &random)
      var quantized = QuantizedRows(capacity: rows, columns: columns)
      compute.quantize(input, into: &quantized)
      var product = Activations(capacity: rows, columns: outputs)
      compute.multiply(quantized, [(weights, bias)], into: &product)
      for scale in [nil, factors] {
        var stream = randomActivations(rows: rows, columns: outputs, using: &random)
        let before = stream.values
        compute.multiply(quantized, weights, bias: bias, scale: scale, addingTo: &stream)
        let expected = (0..<rows * outputs).map {
          before[$0] + product.values[$0] * (scale?[$0 % outputs] ?? 1)
        }
        #expect(stream.values == expected)
      }
    }
  }

  @Test("outliers of a hundred times the rest cost little accuracy", arguments: [4, 8])
  func outliers(bits: Int) {
    var random = SplitMix64(seed: 31)
    let (rows, columns, outputs) = (5, 1024, 64)
    let weights = randomMatrix(rows: outputs, columns: columns, bits: bits, using: &random)
    var input = randomActivations(rows: rows, columns: columns, using: &random)
    for column in [5, 77, 100] {
      for row in 0..<rows { input.pointer[row * columns + column] *= 100 }
    }
    input.rows = rows
    let compute = Compute(lanes: 2)
    var quantized = QuantizedRows(capacity: rows, columns: columns)
    compute.quantize(input, into: &quantized)
    var output = Activations(capacity: rows, columns: outputs)
    compute.multiply(quantized, [(weights, nil)], into: &output)
    let floats = weights.weights()
    var (error, power) = (0.0, 0.0)
    for row in 0..<rows {
      for index in 0..<outputs {
        let exact = (0..<columns).reduce(0.0) {
          $0 + Double(input.pointer[row * columns + $1]) * Double(floats[index * columns + $1])
        }
        let difference = Double(output.pointer[row * outputs + index]) - exact
        error += difference * difference
        power += exact * exact
      }
    }
    // Only the outliers' group is coarse, 0.025 of the output; with one scale for the whole row it
    // would be 0.07.
    #expect((error / power).squareRoot() < 0.035)
  }
}
