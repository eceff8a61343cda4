import TestSupport
import Testing

@testable import Kernels

@Suite("Packing of weights")
struct QuantizedPackingTests {
  @Test(
    "AWQ words become the weights of the dequantisation formula",
    arguments: InstructionSet.available, [8, 16, 24, 40, 136, 264])
  func awq(set: InstructionSet, outputs: Int) {
    var random = SplitMix64(seed: 41)
    for groups in [1, 2, 3] {
      let columns = groups * 128
      let words = (0..<columns * outputs / 8).map { _ in UInt32(truncatingIfNeeded: random.next()) }
      let zeros = (0..<groups * outputs / 8).map { _ in UInt32(truncatingIfNeeded: random.next()) }
      let scales = (0..<groups * outputs).map { _ in Float16.random(in: 0...0.1, using: &random) }
      let layout = QuantizedLayout(rows: outputs, columns: columns, bits: 4)
      let matrix = packed(layout) { bytes in
        Compute(lanes: 2, instructionSet: set)
          .pack(awq: words, zeros: zeros, scales: scales, layout: layout, into: bytes)
      }
      // Output 8·c + j is nibble [0, 4, 1, 5, 2, 6, 3, 7][j] of word c.
      func code(_ words: [UInt32], _ row: Int, _ output: Int) -> Int {
        let nibble = [0, 4, 1, 5, 2, 6, 3, 7][output % 8]
        return Int(words[row * outputs / 8 + output / 8] >> (4 * nibble)) & 15
      }
      var expected: [Float] = []
      for output in 0..<outputs {
        for input in 0..<columns {
          let zero = code(zeros, input / 128, output)
          let scale = Float(scales[input / 128 * outputs + output])
          expected.append(Float(code(words, input, output) - zero) * scale)
        }
      }
      #expect(matrix.weights() == expected)
    }
  }

  @Test(
    "every instruction set expands a block to the same floats",
    arguments: InstructionSet.available, [4, 8])
  func expansion(set: InstructionSet, bits: Int) {
    var random = SplitMix64(seed: 44)
    let matrix = randomMatrix(rows: 40, columns: 300, bits: bits, using: &random)
    #expect(matrix.weights(using: set) == matrix.weights(using: .scalar))
  }
}
