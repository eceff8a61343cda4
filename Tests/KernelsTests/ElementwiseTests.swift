import CKernels
import Foundation
import Testing

@testable import Kernels

@Suite("Activation functions")
struct ElementwiseTests {
  static let counts = [0, 1, 7, 8, 9, 15, 16, 17, 31, 33, 1000]

  @Test(
    "GELU is exact to 1e-6 of x, from the far tails to zero",
    arguments: InstructionSet.available, Self.counts)
  func gelu(set: InstructionSet, count: Int) {
    var numbers = randomFloats(count, seed: 1).map { $0 * 8 }
    for (index, value) in [0, -0.0, 1e-30, 30, -30, 1e30, -1e30].enumerated()
    where index < count { numbers[index] = Float(value) }
    var x = activations(numbers, rows: 1, columns: count)
    Compute(lanes: 1, instructionSet: set).gelu(&x)
    for i in 0..<count {
      let value = Double(numbers[i])
      let expected = value * 0.5 * erfc(-value / 2.0.squareRoot())
      #expect(abs(Double(x.values[i]) - expected) <= 1e-6 * abs(value), "\(value)")
    }
  }

  @Test(
    "GELU for codes of 8 bits is exact to 1e-4", arguments: InstructionSet.available, Self.counts)
  func approximateGELU(set: InstructionSet, count: Int) {
    var numbers = randomFloats(count, seed: 1).map { $0 * 8 }
    for (index, value) in [0, -4.25, 4.25, 30, -30, 1000, -1e30].enumerated()
    where index < count { numbers[index] = Float(value) }
    var output = [Float](repeating: 77, count: count + 1)
    set.kernels.pointee.gelu_approximate(numbers, count, &output)
    for i in 0..<count {
      let value = Double(numbers[i])
      let expected = value * 0.5 * erfc(-value / 2.0.squareRoot())
      #expect(abs(Double(output[i]) - expected) <= 1e-4 + 1e-6 * abs(expected), "\(value)")
    }
    #expect(output[count] == 77)
  }

  @Test(
    "the gated activation agrees with float64 to 1e-6",
    arguments: InstructionSet.available, Self.counts)
  func siluMultiply(set: InstructionSet, count: Int) {
    let numbers = randomFloats(2 * 2 * count, seed: 1).map { $0 * 20 }
    let input = activations(numbers, rows: 2, columns: 2 * count)
    var output = Activations(capacity: 2, columns: count)
    Compute(lanes: 2, instructionSet: set).siluMultiply(input, into: &output)
    for row in 0..<2 {
      for i in 0..<count {
        let gate = Double(input.row(row)[i])
        let up = Double(input.row(row)[count + i])
        let expected = gate / (1 + exp(-gate)) * up
        #expect(abs(Double(output.row(row)[i]) - expected) <= 1e-6 * abs(expected) + 1e-30)
      }
    }
  }

  @Test("very large gates do not overflow", arguments: InstructionSet.available)
  func siluExtremes(set: InstructionSet) {
    let input = activations([1e4, -1e4, 1e38, -1e38, 1, 1, 1, 1], rows: 1, columns: 8)
    var output = Activations(capacity: 1, columns: 4)
    Compute(lanes: 1, instructionSet: set).siluMultiply(input, into: &output)
    #expect(output.values == [1e4, 0, 1e38, 0])
  }

  @Test(
    "a branch is added with and without a factor per column",
    arguments: InstructionSet.available, Self.counts)
  func add(set: InstructionSet, count: Int) {
    let compute = Compute(lanes: 2, instructionSet: set)
    let branch = randomActivations(rows: 3, columns: count, seed: 1)
    let scale = randomFloats(count, seed: 2)
    for factors in [nil, scale] {
      let start = randomActivations(rows: 3, columns: count, seed: 3)
      var x = activations(start.values, rows: 3, columns: count)
      compute.add(branch, scale: factors, to: &x)
      for i in 0..<3 * count {
        let term = Double(branch.values[i]) * Double(factors?[i % count] ?? 1)
        let expected = Double(start.values[i]) + term
        #expect(abs(Double(x.values[i]) - expected) <= 4 * unitRoundoff)
      }
    }
  }
}
