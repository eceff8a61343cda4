import CKernels
import TestSupport
import Testing

@testable import Kernels

@Suite("Activations as int8")
struct QuantizedRowsTests {
  /// Codes, scales and sums in the order of the rows, padding included.
  private func contents(
    _ rows: borrowing QuantizedRows
  ) -> (codes: [Int], scales: [Float], sums: [Float]) {
    let raw = rows.forC
    var codes: [Int] = []
    var scales: [Float] = []
    var sums: [Float] = []
    for row in 0..<raw.rows {
      for group in 0..<raw.groups {
        let item = group * raw.rows + row
        codes += (0..<128).map { Int(raw.codes[item * 128 + $0]) }
        scales.append(raw.scales[item])
        sums.append(raw.sums[item])
      }
    }
    return (codes, scales, sums)
  }

  @Test(
    "every instruction set gives the defined codes, scales and sums, and zeros as padding",
    arguments: InstructionSet.available, [1, 15, 127, 128, 129, 300])
  func matchesDefinition(set: InstructionSet, columns: Int) {
    var random = SplitMix64(seed: 11)
    let compute = Compute(lanes: 1, instructionSet: set)
    for rowCount in [0, 1, 3] {
      let input = randomActivations(rows: rowCount, columns: columns, using: &random)
      var rows = QuantizedRows(capacity: rowCount, columns: columns)
      compute.quantize(input, into: &rows)
      let found = contents(rows)
      let expected = quantizeByDefinition(input)
      let padded = (columns + 127) / 128 * 128
      for row in 0..<rowCount {
        let codes = Array(found.codes[row * padded..<(row + 1) * padded])
        #expect(
          Array(codes[..<columns]) == Array(expected.codes[row * columns..<(row + 1) * columns]))
        #expect(codes[columns...].allSatisfy { $0 == 0 })
        for group in 0..<padded / 128 {
          let sum = codes[group * 128..<group * 128 + 128].reduce(0, +)
          #expect(found.sums[row * padded / 128 + group] == Float(sum))
        }
      }
      #expect(found.scales == expected.scales)
    }
  }

  @Test("zeros, tiny and non-finite groups are defined", arguments: InstructionSet.available)
  func specialGroups(set: InstructionSet) {
    let special: [Float] = [0, 1e-38, .infinity, .nan, -.infinity, 1e-29]
    let input = Activations(capacity: 1, columns: special.count * 128)
    for index in 0..<input.columns {
      input.pointer[index] = index % 128 == 77 ? special[index / 128] : 0
    }
    var rows = QuantizedRows(capacity: 1, columns: input.columns)
    Compute(lanes: 1, instructionSet: set).quantize(input, into: &rows)
    let found = contents(rows)
    #expect(found.scales[..<2] == [0, 0])
    #expect(found.scales[2..<5].allSatisfy { $0.isNaN })
    #expect(found.scales[5] == 1e-29 / 127)
    #expect(found.codes.indices.filter { found.codes[$0] != 0 } == [5 * 128 + 77])
    #expect(found.sums == [0, 0, 0, 0, 0, 127])
  }

  @Test("any number of lanes gives the same bits")
  func lanesDoNotMatter() {
    var random = SplitMix64(seed: 12)
    let input = randomActivations(rows: 65, columns: 1024, using: &random)
    var one = QuantizedRows(capacity: 65, columns: 1024)
    var three = QuantizedRows(capacity: 65, columns: 1024)
    Compute(lanes: 1).quantize(input, into: &one)
    Compute(lanes: 3).quantize(input, into: &three)
    let (left, right) = (contents(one), contents(three))
    #expect(left.codes == right.codes && left.scales == right.scales && left.sums == right.sums)
  }
}
