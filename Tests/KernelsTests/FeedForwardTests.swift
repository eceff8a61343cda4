import CKernels
import TestSupport
import Testing

@testable import Kernels

@Suite("First half of a feed-forward layer in int8")
struct FeedForwardTests {
  /// The result as the second product sees it: times a matrix that the codes meet next.
  private func seen(
    _ codes: borrowing QuantizedRows, through next: QuantizedMatrix, on compute: Compute
  ) -> [Float] {
    var output = Activations(capacity: codes.rows, columns: next.rows)
    output.rows = codes.rows
    compute.multiply(codes, [(next, nil)], into: &output)
    return Array(UnsafeBufferPointer(start: output.pointer, count: codes.rows * next.rows))
  }

  @Test(
    "has the bits of product, nonlinearity and quantisation one after another",
    arguments: InstructionSet.available, [Nonlinearity.gelu, .swiGLU])
  func bits(set: InstructionSet, nonlinearity: Nonlinearity) {
    // Whole groups and a part of one, few rows and many, more than a register tile.
    for (rows, inner, columns, bits) in [
      (1, 384, 256, 4), (3, 200, 128, 8), (8, 1300, 300, 4), (13, 130, 300, 4), (200, 512, 128, 8),
    ] {
      var random = SplitMix64(seed: UInt64(rows * inner))
      let compute = Compute(lanes: 2, instructionSet: set)
      let input = randomActivations(rows: rows, columns: columns, using: &random)
      let bias = (0..<inner).map { _ in Float.random(in: -1...1, using: &random) }
      let first = randomMatrix(rows: inner, columns: columns, bits: bits, using: &random)
      let second = randomMatrix(rows: inner, columns: columns, bits: bits, using: &random)
      let next = randomMatrix(rows: 32, columns: inner, bits: 8, using: &random)
      var codes = QuantizedRows(capacity: rows, columns: columns)
      compute.quantize(input, into: &codes)

      var separate = QuantizedRows(capacity: rows, columns: inner)
      separate.rows = rows
      var together = QuantizedRows(capacity: rows, columns: inner)
      var values = Activations(capacity: rows, columns: inner)
      values.rows = rows
      switch nonlinearity {
      case .gelu:
        compute.multiply(codes, [(first, bias)], into: &values)
        ck_quantize_gelu_rows(
          set.kernels, values.pointer, inner, inner, 0, rows, separate.forC)
        compute.multiply(codes, [(first, bias)], nonlinearity: .gelu, into: &together)
      case .swiGLU:
        var gateUp = Activations(capacity: rows, columns: 2 * inner)
        gateUp.rows = rows
        compute.multiply(codes, [(first, nil), (second, bias)], into: &gateUp)
        compute.siluMultiply(gateUp, into: &values)
        compute.quantize(values, into: &separate)
        compute.multiply(
          codes, [(first, nil), (second, bias)], nonlinearity: .swiGLU, into: &together)
      }
      #expect(
        seen(together, through: next, on: compute) == seen(separate, through: next, on: compute))
    }
  }
}
