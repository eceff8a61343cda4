import TestSupport
import Testing

@testable import Kernels

@Suite("Float products")
struct MultiplyTests {
  /// Rows, outputs and inputs around the sizes of tiles, panels, vectors and blocks.
  static let shapes: [(rows: Int, outputs: Int, inputs: Int)] = [
    (0, 5, 7), (1, 1, 1), (1, 16, 16), (1, 17, 31), (2, 3, 0), (3, 33, 65), (4, 5, 129),
    (5, 31, 15), (7, 16, 33), (8, 37, 257), (9, 1, 1), (9, 3, 0), (9, 16, 255), (11, 33, 256),
    (12, 31, 257), (13, 47, 513), (14, 515, 19), (25, 35, 70),
  ]

  @Test(
    "every instruction set and storage type agrees with a float64 product",
    arguments: InstructionSet.available, [ElementType.float32, .float16, .bfloat16])
  func matchesDoubles(set: InstructionSet, type: ElementType) {
    let compute = Compute(lanes: 2, instructionSet: set)
    for (index, shape) in Self.shapes.enumerated() {
      let weights = StoredWeights(
        rows: shape.outputs, columns: shape.inputs, type: type, seed: UInt64(index))
      let bias = index % 2 == 0 ? randomFloats(shape.outputs, seed: 99) : nil
      expectProduct(compute, shape: shape, weights.matrix, weights.values, bias: bias)
    }
  }

  @Test(
    "quantised weights of 4 and 8 bits are multiplied exactly",
    arguments: InstructionSet.available, [4, 8])
  func matchesUnpacked(set: InstructionSet, bits: Int) {
    let compute = Compute(lanes: 2, instructionSet: set)
    for shape in [(1, 16, 128), (3, 17, 128), (8, 21, 300), (9, 33, 256), (13, 49, 389)] {
      var random = SplitMix64(seed: 11)
      let matrix = randomMatrix(rows: shape.1, columns: shape.2, bits: bits, using: &random)
      expectProduct(
        compute, shape: shape, WeightMatrix(matrix), matrix.weights(),
        bias: randomFloats(shape.1, seed: 3))
    }
  }

  @Test("any number of lanes gives the same bits", arguments: InstructionSet.available, [1, 8, 67])
  func ignoresLanes(set: InstructionSet, rows: Int) {
    let gemvRows = rows > 8 ? 0 : rows
    // Large enough that a single row is worth two lanes.
    let weights = StoredWeights(repeating: 1200, rows: 1831, seed: 5)
    let input = randomActivations(rows: rows, columns: 1200, seed: 6)
    let results = [1, 2, 3].map { lanes in
      var output = Activations(capacity: rows, columns: 1831)
      Compute(lanes: lanes, instructionSet: set)
        .multiply(input, weights.matrix, bias: nil, gemvRows: gemvRows, into: &output)
      return output.values
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test("a row's result does not depend on its neighbours", arguments: InstructionSet.available)
  func ignoresNeighbours(set: InstructionSet) {
    let compute = Compute(lanes: 1, instructionSet: set)
    let weights = StoredWeights(rows: 70, columns: 611, type: .float16, seed: 5)
    let most = 27
    let few = product(compute, rows: most, gemvRows: most, weights)
    let many = product(compute, rows: most, weights)
    let outputs = weights.matrix.rows
    for rows in 1..<most {
      for gemvRows in Set([0, 1, rows / 2, rows]) {
        let mixed = product(compute, rows: rows, gemvRows: gemvRows, weights)
        #expect(mixed[..<(gemvRows * outputs)] == few[..<(gemvRows * outputs)])
        #expect(
          mixed[(gemvRows * outputs)...] == many[(gemvRows * outputs)..<(rows * outputs)])
      }
    }
  }

  @Test(
    "portable C agrees with a float64 product without OpenBLAS, too",
    arguments: [ElementType.float32, .float16, .bfloat16])
  func matchesDoublesAlone(type: ElementType) {
    let compute = Compute(lanes: 2, instructionSet: .scalar, allowsOpenBLAS: false)
    #expect(!compute.usesOpenBLAS)
    for (index, shape) in (Self.shapes + Self.blockShapes).enumerated() {
      let weights = StoredWeights(
        rows: shape.outputs, columns: shape.inputs, type: type, seed: UInt64(index))
      expectProduct(compute, shape: shape, weights.matrix, weights.values, bias: nil)
    }
  }

  /// Rows and outputs around OpenBLAS's units and blocks.
  private static let blockShapes: [(rows: Int, outputs: Int, inputs: Int)] = [
    (15, 63, 20), (16, 64, 256), (17, 65, 257), (33, 256, 300), (31, 257, 76), (40, 321, 513),
  ]

  @Test(
    "OpenBLAS agrees with a float64 product", .enabled(if: OpenBLAS.isUsable),
    arguments: [ElementType.float32, .float16, .bfloat16])
  func libraryMatchesDoubles(type: ElementType) {
    let compute = Compute(lanes: 2, instructionSet: .scalar)
    #expect(compute.usesOpenBLAS)
    for (index, shape) in Self.blockShapes.enumerated() {
      let weights = StoredWeights(
        rows: shape.outputs, columns: shape.inputs, type: type, seed: UInt64(index))
      let bias = index % 2 == 0 ? randomFloats(shape.outputs, seed: 99) : nil
      expectProduct(compute, shape: shape, weights.matrix, weights.values, bias: bias)
    }
  }

  @Test(
    "OpenBLAS multiplies quantised weights exactly", .enabled(if: OpenBLAS.isUsable),
    arguments: [4, 8])
  func libraryMatchesUnpacked(bits: Int) {
    let compute = Compute(lanes: 2, instructionSet: .scalar)
    for shape in [(9, 65, 300), (16, 256, 256), (35, 321, 128), (1, 17, 389)] {
      var random = SplitMix64(seed: 11)
      let matrix = randomMatrix(rows: shape.1, columns: shape.2, bits: bits, using: &random)
      expectProduct(
        compute, shape: shape, WeightMatrix(matrix), matrix.weights(),
        bias: randomFloats(shape.1, seed: 3))
    }
  }

  private func product(
    _ compute: Compute, rows: Int, gemvRows: Int = 0, _ weights: StoredWeights
  ) -> [Float] {
    let input = randomActivations(rows: rows, columns: weights.matrix.columns, seed: 6)
    var output = Activations(capacity: rows, columns: weights.matrix.rows)
    compute.multiply(input, weights.matrix, bias: nil, gemvRows: gemvRows, into: &output)
    return output.values
  }

  /// Multiplies into the middle of a wider output and compares with float64.
  ///
  /// A float32 sum of n products and a bias is off by at most (n + 1) roundoffs of the sum of
  /// magnitudes, in whichever order it is taken (Higham, Accuracy and Stability, section 3.1).
  /// Compares the products for many rows and those for few with sums in float64.
  private func expectProduct(
    _ compute: Compute, shape: (rows: Int, outputs: Int, inputs: Int), _ weights: WeightMatrix,
    _ values: [Float], bias: [Float]?
  ) {
    for gemvRows in [0, shape.rows] {
      expectProduct(compute, shape: shape, gemvRows: gemvRows, weights, values, bias: bias)
    }
  }

  private func expectProduct(
    _ compute: Compute, shape: (rows: Int, outputs: Int, inputs: Int), gemvRows: Int,
    _ weights: WeightMatrix, _ values: [Float], bias: [Float]?
  ) {
    let input = randomActivations(rows: shape.rows, columns: shape.inputs, seed: 1)
    let column = 3
    let columns = shape.outputs + 5
    var output = activations(
      [Float](repeating: 7, count: shape.rows * columns), rows: shape.rows, columns: columns)
    compute.multiply(
      input, weights, bias: bias, gemvRows: gemvRows, into: &output, column: column)
    let found = output.values
    let wide = input.values.map(Double.init)
    let exact = values.map(Double.init)
    var wrong = 0
    for row in 0..<shape.rows {
      for position in 0..<columns {
        let o = position - column
        guard o >= 0, o < shape.outputs else {
          wrong += found[row * columns + position] == 7 ? 0 : 1
          continue
        }
        var sum = Double(bias?[o] ?? 0)
        var magnitude = abs(sum)
        var i = 0
        while i < shape.inputs {
          let term = wide[row * shape.inputs + i] * exact[o * shape.inputs + i]
          sum += term
          magnitude += abs(term)
          i += 1
        }
        let bound = Double(shape.inputs + 1) * unitRoundoff * magnitude
        wrong += abs(Double(found[row * columns + position]) - sum) <= bound ? 0 : 1
      }
    }
    #expect(wrong == 0, "\(shape)")
  }
}
