import CKernels
import Foundation
import Testing

@testable import Kernels

@Suite("Norms")
struct NormTests {
  static let columns = [1, 2, 15, 16, 17, 63, 64, 65, 127, 896, 1031]

  /// How far a normalised element may be off.
  ///
  /// Sums of n squares are off by at most n + 2 roundoffs, their root by half of that; the other
  /// steps add less than eight. A mean's error counts against the largest element.
  static func bound(_ columns: Int, largest: Double) -> Double {
    Double(columns + 8) * unitRoundoff * largest
  }

  @Test(
    "layer normalisation agrees with float64", arguments: InstructionSet.available, Self.columns)
  func layerNorm(set: InstructionSet, columns: Int) {
    let weight = randomFloats(columns, seed: 2)
    let bias = randomFloats(columns, seed: 3)
    let input = randomActivations(rows: 5, columns: columns, seed: 1, range: 4)
    var output = Activations(capacity: 5, columns: columns)
    Compute(lanes: 2, instructionSet: set)
      .layerNorm(input, weight: weight, bias: bias, epsilon: 1e-6, into: &output)
    for row in 0..<5 {
      let x = (0..<columns).map { Double(input.row(row)[$0]) }
      let mean = x.reduce(0, +) / Double(columns)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      let deviation = (variance + 1e-6).squareRoot()
      for i in 0..<columns {
        let expected = (x[i] - mean) / deviation * Double(weight[i]) + Double(bias[i])
        let error = abs(Double(output.row(row)[i]) - expected)
        #expect(error <= Self.bound(columns, largest: 4 / deviation + 1))
      }
    }
  }

  @Test(
    "heads are normalised one by one, in place, and nothing else",
    arguments: InstructionSet.available, [2, 64, 80, 128])
  func heads(set: InstructionSet, width: Int) {
    let compute = Compute(lanes: 2, instructionSet: set)
    let weight = randomFloats(width, seed: 2)
    let heads = [0, width, 3 * width + 1]
    let columns = 4 * width + 3
    var fused = randomActivations(rows: 3, columns: columns, seed: 1, range: 4)
    let before = (0..<3).map { row in (0..<columns).map { fused.row(row)[$0] } }
    compute.rmsNormInPlace(&fused, heads: heads, width: width, weight: weight, epsilon: 1e-6)
    for row in 0..<3 {
      var expected = before[row].map(Double.init)
      for head in heads {
        let x = expected[head..<head + width]
        let root = (x.reduce(0) { $0 + $1 * $1 } / Double(width) + 1e-6).squareRoot()
        for index in x.indices { expected[index] *= Double(weight[index - head]) / root }
      }
      for column in 0..<columns {
        let error = abs(Double(fused.row(row)[column]) - expected[column])
        #expect(error <= Self.bound(width, largest: 10))
      }
      for column in (2 * width..<3 * width + 1) {
        #expect(fused.row(row)[column] == before[row][column])
      }
    }
  }

  @Test(
    "root-mean-square normalisation agrees with float64, also in place",
    arguments: InstructionSet.available, Self.columns)
  func rmsNorm(set: InstructionSet, columns: Int) {
    let compute = Compute(lanes: 2, instructionSet: set)
    let weight = randomFloats(columns, seed: 2)
    let input = randomActivations(rows: 3, columns: columns, seed: 1, range: 4)
    var output = Activations(capacity: 3, columns: columns)
    compute.rmsNorm(input, weight: weight, epsilon: 1e-6, into: &output)
    for row in 0..<3 {
      let x = (0..<columns).map { Double(input.row(row)[$0]) }
      let root = (x.reduce(0) { $0 + $1 * $1 } / Double(columns) + 1e-6).squareRoot()
      for i in 0..<columns {
        let error = abs(Double(output.row(row)[i]) - x[i] / root * Double(weight[i]))
        #expect(error <= Self.bound(columns, largest: 4 / root))
      }
    }
    // The same rows in the middle of wider ones.
    var wide = Activations(capacity: 3, columns: columns + 7)
    for index in 0..<3 * (columns + 7) { wide.pointer[index] = 5 }
    for row in 0..<3 {
      for i in 0..<columns { wide.pointer[row * (columns + 7) + 3 + i] = input.row(row)[i] }
    }
    compute.rmsNormInPlace(&wide, columns: 3..<columns + 3, weight: weight, epsilon: 1e-6)
    for row in 0..<3 {
      let found = (0..<columns + 7).map { wide.row(row)[$0] }
      #expect(Array(found[3..<columns + 3]) == (0..<columns).map { output.row(row)[$0] })
      #expect(found[..<3].allSatisfy { $0 == 5 } && found[(columns + 3)...].allSatisfy { $0 == 5 })
    }
  }

  @Test(
    "normalising straight to int8 has the bits of both steps",
    arguments: InstructionSet.available, Self.columns)
  func quantizeNormalized(set: InstructionSet, columns: Int) {
    let weight = randomFloats(columns, seed: 2)
    let input = randomActivations(rows: 70, columns: columns, seed: 1, range: 4)
    let compute = Compute(lanes: 2, instructionSet: set)
    for bias in [randomFloats(columns, seed: 3), nil] {
      var values = Activations(capacity: 70, columns: columns)
      if let bias {
        compute.layerNorm(input, weight: weight, bias: bias, epsilon: 1e-6, into: &values)
      } else {
        compute.rmsNorm(input, weight: weight, epsilon: 1e-6, into: &values)
      }
      var separate = QuantizedRows(capacity: 70, columns: columns)
      compute.quantize(values, into: &separate)
      var together = QuantizedRows(capacity: 70, columns: columns)
      compute.quantizeNormalized(input, weight: weight, bias: bias, epsilon: 1e-6, into: &together)
      let (left, right) = (separate.forC, together.forC)
      let groups = 70 * left.groups
      #expect((0..<128 * groups).allSatisfy { left.codes[$0] == right.codes[$0] })
      #expect((0..<groups).allSatisfy { left.scales[$0] == right.scales[$0] })
      #expect((0..<groups).allSatisfy { left.sums[$0] == right.sums[$0] })
    }
  }
}
