import TestSupport
import Testing

@testable import Kernels

@Suite("Output layer in two halves")
struct ScreeningTests {
  /// Random weights, about normally distributed, row-major.
  private func randomWeights(
    rows: Int, columns: Int, using random: inout SplitMix64
  ) -> [Float] {
    randomActivations(rows: rows, columns: columns, using: &random).values.map { $0 / 20 }
  }

  private func pack(_ values: [Float], rows: Int, columns: Int, set: InstructionSet = .best)
    -> ScreenedMatrix
  {
    let layout = ScreenedLayout(rows: rows, columns: columns)
    let memory = AlignedMemory(bytes: layout.byteCount)
    values.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return }
      let weights = WeightMatrix(
        rowMajor: base, type: .float32, rows: rows, columns: columns, owner: nil)
      Compute(lanes: 2, instructionSet: set)
        .pack(screening: weights, layout: layout, into: memory.base)
    }
    return ScreenedMatrix(bytes: memory.base, layout: layout, owner: memory)
  }

  /// Weights after rounding to 241 steps of their group, as the format defines it.
  private func rounded(_ values: [Float], rows: Int, columns: Int) -> [Float] {
    var result: [Float] = []
    for row in 0..<rows {
      for start in stride(from: 0, to: columns, by: 128) {
        let group = values[row * columns + start..<row * columns + min(start + 128, columns)]
        let wanted = (group.map(abs).max() ?? 0) * (16 / 120)
        let half = Float16(wanted)
        let high = Float(Float(half) < wanted ? half.nextUp : half)
        result += group.map {
          high == 0 ? 0 : ($0 * (16 / high)).rounded(.toNearestOrEven) * (high / 16)
        }
      }
    }
    return result
  }

  /// Estimates, logits and the largest of every row.
  private func run(
    _ input: borrowing Activations, _ weights: ScreenedMatrix, set: InstructionSet, lanes: Int = 1
  ) -> (estimates: [Float], logits: [Float], largest: [Int]) {
    let compute = Compute(lanes: lanes, instructionSet: set)
    let screening = Screening(weights, capacity: input.rows)
    var products = Activations(capacity: input.rows, columns: weights.layout.rows)
    screening.estimate(input, into: &products, on: compute)
    let estimates = products.values
    let largest = (0..<input.rows).map { screening.largest($0, of: products, on: compute) }
    for row in 0..<input.rows { screening.complete(row, of: &products, on: compute) }
    return (estimates, products.values, largest)
  }

  /// The first of the largest numbers of a row.
  private func largest(_ logits: [Float], row: Int, columns: Int) -> Int {
    let row = logits[row * columns..<(row + 1) * columns]
    return (row.firstIndex(of: row.max() ?? 0) ?? row.startIndex) - row.startIndex
  }

  @Test(
    "both halves together are the product with 8-bit weights at awkward sizes",
    arguments: InstructionSet.available, [1, 2, 9])
  func matchesDefinition(set: InstructionSet, rows: Int) {
    var random = SplitMix64(seed: 51)
    for (outputs, columns) in [(1, 1), (15, 127), (16, 128), (17, 129), (100, 300)] {
      let values = randomWeights(rows: outputs, columns: columns, using: &random)
      let input = randomActivations(rows: rows, columns: columns, using: &random)
      let found = run(
        input, pack(values, rows: outputs, columns: columns, set: set), set: set, lanes: 2)
      let weights = rounded(values, rows: outputs, columns: columns)
      let (codes, scales) = quantizeByDefinition(input)
      let groups = (columns + 127) / 128
      for row in 0..<rows {
        for output in 0..<outputs {
          var (total, magnitude) = (0.0, 0.0)
          for column in 0..<columns {
            let term =
              Double(codes[row * columns + column]) * Double(weights[output * columns + column])
              * Double(scales[row * groups + column / 128])
            total += term
            magnitude += abs(term)
          }
          // Halves are up to twice the weight, and each is rounded once a group and once a sum.
          let bound = Double(2 * groups + 6) * 0x1p-23 * magnitude + 1e-6
          #expect(abs(Double(found.logits[row * outputs + output]) - total) <= bound)
        }
      }
    }
  }

  @Test(
    "the largest logit is the one that all logits show", arguments: InstructionSet.available,
    [1, 3]
  )
  func largestIsFound(set: InstructionSet, lanes: Int) {
    var random = SplitMix64(seed: 52)
    let (outputs, columns) = (1001, 256)
    var values = randomWeights(rows: outputs, columns: columns, using: &random)
    // Equals, so that the first one counts: here the next row repeats every tenth.
    for row in stride(from: 0, to: outputs - 1, by: 10) {
      for column in 0..<columns {
        values[(row + 1) * columns + column] = values[row * columns + column]
      }
    }
    let weights = pack(values, rows: outputs, columns: columns)
    var input = randomActivations(rows: 40, columns: columns, using: &random)
    // Outliers of a hundred times the rest in some rows.
    for row in 20..<40 { input.pointer[row * columns + 3 * row] *= 100 }
    input.rows = 40
    let found = run(input, weights, set: set, lanes: lanes)
    for row in 0..<40 {
      #expect(found.largest[row] == largest(found.logits, row: row, columns: outputs))
    }
  }

  @Test(
    "the largest logits are complete, and no other number is as large",
    arguments: InstructionSet.available, [1, 3])
  func largestAreComplete(set: InstructionSet, lanes: Int) {
    var random = SplitMix64(seed: 56)
    let (outputs, columns) = (3001, 256)
    let weights = pack(
      randomWeights(rows: outputs, columns: columns, using: &random), rows: outputs,
      columns: columns)
    let input = randomActivations(rows: 3, columns: columns, using: &random)
    let compute = Compute(lanes: lanes, instructionSet: set)
    let screening = Screening(weights, capacity: 3)
    let logits = run(input, weights, set: set).logits
    let range = (logits.max() ?? 0) - (logits.min() ?? 0)
    for (count, margin) in [(1, 0), (1, range / 8), (10, 0), (47, 0), (48, 0), (1, .infinity)] {
      var products = Activations(capacity: 3, columns: outputs)
      screening.estimate(input, into: &products, on: compute)
      for row in 0..<3 {
        screening.complete(row, largest: count, margin: margin, of: &products, on: compute)
        let all = logits[row * outputs..<(row + 1) * outputs]
        let limit = all.sorted(by: >)[count - 1] - margin
        for (index, logit) in all.enumerated() {
          let found = products.values[row * outputs + index]
          #expect(found == logit || found == -.infinity && logit < limit)
        }
      }
    }
  }

  @Test("estimates err as the bound says: a tenth of the reach is one standard deviation")
  func boundIsOfTheRightSize() {
    var random = SplitMix64(seed: 53)
    let (outputs, columns) = (300, 896)
    let values = randomWeights(rows: outputs, columns: columns, using: &random)
    let input = randomActivations(rows: 1, columns: columns, using: &random)
    let found = run(input, pack(values, rows: outputs, columns: columns), set: .best)
    let weights = rounded(values, rows: outputs, columns: columns)
    let (codes, scales) = quantizeByDefinition(input)
    var squares = 0.0
    for output in 0..<outputs {
      var variance = 0.0
      for start in stride(from: 0, to: columns, by: 128) {
        // The step of a group's weights is the smallest difference of two.
        let steps = Set(weights[output * columns + start..<output * columns + start + 128]).sorted()
        let step = zip(steps, steps.dropFirst()).map { $1 - $0 }.min() ?? 0
        let power = (start..<start + 128).reduce(0.0) { $0 + Double(codes[$1] * codes[$1]) }
        let scale = Double(step) * Double(scales[start / 128])
        variance += 85.0 / 4 * scale * scale * power
      }
      let error = Double(found.logits[output] - found.estimates[output])
      squares += error * error / variance
    }
    // The mean of 300 squares of standard deviation 1 has a standard deviation of 0.08, were they
    // independent; they share the dither.
    #expect(abs(squares / Double(outputs) - 1) < 0.3)
  }

  @Test("weights and inputs that are no numbers do not stop the choice")
  func notNumbers() {
    var random = SplitMix64(seed: 54)
    let (outputs, columns) = (200, 128)
    var values = randomWeights(rows: outputs, columns: columns, using: &random)
    let input = randomActivations(rows: 1, columns: columns, using: &random)
    let clean = run(input, pack(values, rows: outputs, columns: columns), set: .best)
    let best = clean.largest[0]
    for (row, value) in [(0, Float.nan), (100, .infinity), (150, 1e30)] {
      values[(row == best ? row + 1 : row) * columns] = value
    }
    let found = run(input, pack(values, rows: outputs, columns: columns), set: .best, lanes: 2)
    #expect(found.largest == [best])
    #expect(found.logits.filter(\.isNaN).count == 3)
    input.pointer[5] = .nan
    let none = run(input, pack(values, rows: outputs, columns: columns), set: .best, lanes: 2)
    #expect(none.largest == [0])
  }

  @Test("tiny weights count as zeros, and small ones keep their products")
  func smallWeights() {
    var random = SplitMix64(seed: 55)
    let (outputs, columns) = (40, 256)
    let input = randomActivations(rows: 1, columns: columns, using: &random)
    let values = randomWeights(rows: outputs, columns: columns, using: &random)
    let zeros = run(
      input, pack(values.map { $0 * 1e-32 }, rows: outputs, columns: columns), set: .best)
    #expect(zeros.logits.allSatisfy { $0 == 0 })
    let small = run(
      input, pack(values.map { $0 * 1e-3 }, rows: outputs, columns: columns), set: .best)
    let usual = run(input, pack(values, rows: outputs, columns: columns), set: .best)
    let scale = usual.logits.map(abs).max() ?? 0
    for (a, b) in zip(small.logits, usual.logits) { #expect(abs(1000 * a - b) < 0.03 * scale) }
  }
}
