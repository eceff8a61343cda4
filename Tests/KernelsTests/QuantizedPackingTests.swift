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
    "rows of codes become the weights of the dequantisation formula, packed and unpacked",
    arguments: [8, 20, 33], [32, 128, 256])
  func words(outputs: Int, groupColumns: Int) {
    var random = SplitMix64(seed: 45)
    let columns = 512
    let groups = columns / groupColumns
    let codes = (0..<outputs * columns / 8).map { _ in UInt32(truncatingIfNeeded: random.next()) }
    let zeros = (0..<(outputs + 7) / 8 * groups).map { _ in
      UInt32(truncatingIfNeeded: random.next())
    }
    let scales = (0..<outputs * groups).map { _ in Float16.random(in: 0...0.1, using: &random) }
    for hasZeros in [true, false] {
      var expected: [Float] = []
      for output in 0..<outputs {
        for input in 0..<columns {
          let group = input / groupColumns
          let code = codes[(output * columns + input) / 8] >> (4 * (input % 8)) & 15
          let zero = zeros[output / 8 * groups + group] >> (4 * (output % 8)) & 15
          expected.append(
            Float(Int(code) - (hasZeros ? Int(zero) : 8)) * Float(scales[output * groups + group]))
        }
      }
      codes.withUnsafeBytes { codes in
        zeros.withUnsafeBytes { zeros in
          guard let first = codes.baseAddress else { return }
          let words = WordMatrix(
            words: first, zeros: hasZeros ? zeros.baseAddress : nil, rows: outputs,
            columns: columns, groupColumns: groupColumns)
          let compute = Compute(lanes: 2)
          let target = Activations(capacity: outputs, columns: columns)
          compute.unpack(words: words, scales: scales.map(Float.init), into: target.pointer)
          #expect(target.values == expected)
          guard groupColumns >= 128 else { return }
          let layout = QuantizedLayout(rows: outputs, columns: columns, bits: 4)
          let matrix = packed(layout) { bytes in
            scales.withUnsafeBytes {
              guard let scales = $0.baseAddress else { return }
              compute.pack(words: words, scales: scales, layout: layout, into: bytes)
            }
          }
          #expect(matrix.weights() == expected)
        }
      }
    }
  }

  @Test(
    "float weights become the nearest multiples of their group's scale",
    arguments: InstructionSet.available, [ElementType.float32, .float16, .bfloat16])
  func int8(set: InstructionSet, type: ElementType) {
    var random = SplitMix64(seed: 42)
    for (outputs, columns) in [(1, 1), (15, 127), (16, 128), (17, 129), (33, 300)] {
      let values = (0..<outputs * columns).map { _ in
        Float16(Float(Int.random(in: -128...128, using: &random)) / 256)
      }
      let layout = QuantizedLayout(rows: outputs, columns: columns, bits: 8)
      let matrix = packed(layout) { bytes in
        withStored(values, as: type) { pointer in
          let weights = WeightMatrix(
            rowMajor: pointer, type: type, rows: outputs, columns: columns, owner: nil)
          Compute(lanes: 2, instructionSet: set)
            .pack(quantizing: weights, layout: layout, into: bytes)
        }
      }
      var expected: [Float] = []
      for output in 0..<outputs {
        for start in stride(from: 0, to: columns, by: 128) {
          let group = (start..<min(start + 128, columns)).map {
            Float(values[output * columns + $0])
          }
          let peak = group.map(abs).max() ?? 0
          expected += group.map {
            peak == 0 ? 0 : ($0 * (127 / peak)).rounded(.toNearestOrEven) * (peak / 127)
          }
        }
      }
      #expect(matrix.weights() == expected)
    }
  }

  @Test("every instruction set writes the same bytes, padding included", arguments: [4, 8])
  func sameBytes(bits: Int) {
    var random = SplitMix64(seed: 43)
    let layout = QuantizedLayout(rows: 152, columns: 384, bits: bits)
    let words = (0..<152 * 384).map { _ in Float.random(in: -1...1, using: &random) }
    func bytes(_ set: InstructionSet, lanes: Int) -> [UInt8] {
      let compute = Compute(lanes: lanes, instructionSet: set)
      let matrix = packed(layout) { target in
        words.withUnsafeBytes { raw in
          guard let base = raw.baseAddress else { return }
          if bits == 4 {
            compute.pack(awq: base, zeros: base, scales: base, layout: layout, into: target)
          } else {
            let weights = WeightMatrix(
              rowMajor: base, type: .float32, rows: 152, columns: 384, owner: nil)
            compute.pack(quantizing: weights, layout: layout, into: target)
          }
        }
      }
      return Array(UnsafeRawBufferPointer(start: matrix.bytes, count: layout.byteCount))
    }
    let reference = bytes(.scalar, lanes: 1)
    for set in InstructionSet.available {
      for lanes in [1, 3] { #expect(bytes(set, lanes: lanes) == reference) }
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

  /// Calls `body` with `values` stored as `type`, at an address that is only element-aligned.
  private func withStored(
    _ values: [Float16], as type: ElementType, _ body: (UnsafeRawPointer) -> Void
  ) {
    var bytes = [UInt8](repeating: 0, count: type.byteCount)
    for value in values {
      switch type {
      case .float32: withUnsafeBytes(of: Float(value)) { bytes += $0 }
      case .float16: withUnsafeBytes(of: value) { bytes += $0 }
      default: withUnsafeBytes(of: UInt16(Float(value).bitPattern >> 16)) { bytes += $0 }
      }
    }
    bytes.withUnsafeBytes { raw in
      if let base = raw.baseAddress { body(base + type.byteCount) }
    }
  }
}
