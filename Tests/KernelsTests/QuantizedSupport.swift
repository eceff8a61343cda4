import CKernels
import TestSupport

@testable import Kernels

/// Packed weights in memory that the test frees with its last reference.
func packed(
  _ layout: QuantizedLayout, _ fill: (UnsafeMutableRawPointer) -> Void
) -> QuantizedMatrix {
  let memory = AlignedMemory(bytes: layout.byteCount)
  fill(memory.base)
  return QuantizedMatrix(bytes: memory.base, layout: layout, owner: memory)
}

/// A matrix with every code, scale and zero point drawn at random, padding included.
func randomMatrix(
  rows: Int, columns: Int, bits: Int, using random: inout SplitMix64
) -> QuantizedMatrix {
  let layout = QuantizedLayout(rows: rows, columns: columns, bits: bits)
  return packed(layout) { bytes in
    for block in 0..<layout.panels * layout.groups {
      let base = bytes + block * layout.blockByteCount
      let codeBytes = layout.blockByteCount - 64
      for byte in 0..<codeBytes {
        base.storeBytes(
          of: .random(in: 0...255, using: &random), toByteOffset: byte, as: UInt8.self)
      }
      for output in 0..<16 {
        let scale = Float.random(in: 0.001...0.01, using: &random)
        if bits == 8 {
          base.storeBytes(of: scale, toByteOffset: codeBytes + 4 * output, as: Float.self)
          continue
        }
        let zero = Float16(Int.random(in: 0...15, using: &random))
        base.storeBytes(of: Float16(scale), toByteOffset: codeBytes + 2 * output, as: Float16.self)
        base.storeBytes(of: zero, toByteOffset: codeBytes + 32 + 2 * output, as: Float16.self)
      }
    }
  }
}

/// A matrix of the given codes of each output and column; scales are 1, zero points 0 for 4 bits.
func matrix(_ layout: QuantizedLayout, code: (Int, Int) -> Int) -> QuantizedMatrix {
  packed(layout) { bytes in
    bytes.initializeMemory(as: UInt8.self, repeating: 0, count: layout.byteCount)
    let perByte = 8 / layout.bits
    for output in 0..<layout.rows {
      let panel = bytes + output / 16 * layout.panelByteCount
      for column in 0..<layout.columns {
        let block = panel + column / 128 * layout.blockByteCount
        let (vector, place) = (column % 128 / (4 * perByte), column % (4 * perByte))
        let offset = 64 * vector + output % 16 * 4 + place % 4
        let old = block.load(fromByteOffset: offset, as: UInt8.self)
        let new = UInt8(code(output, column) << (place / 4 * 4))
        block.storeBytes(of: old | new, toByteOffset: offset, as: UInt8.self)
      }
      for group in 0..<layout.groups {
        let scales = panel + (group + 1) * layout.blockByteCount - 64
        if layout.bits == 8 {
          scales.storeBytes(of: 1, toByteOffset: 4 * (output % 16), as: Float.self)
        } else {
          scales.storeBytes(of: 1, toByteOffset: 2 * (output % 16), as: Float16.self)
        }
      }
    }
  }
}

/// Random rows, about normally distributed, with a few exact zeros.
func randomActivations(
  rows: Int, columns: Int, using random: inout SplitMix64
) -> Activations {
  let result = Activations(capacity: rows, columns: columns)
  for index in 0..<rows * columns {
    let terms = (0..<4).map { _ in Float.random(in: -1...1, using: &random) }
    result.pointer[index] = terms[0] > 0.95 ? 0 : terms[0] + terms[1] + terms[2] + terms[3]
  }
  return result
}

extension QuantizedMatrix {
  /// All weights `[rows, columns]`, expanded block by block.
  func weights(using set: InstructionSet = .scalar) -> [Float] {
    var result = [Float](repeating: 0, count: rows * columns)
    let block = AlignedMemory(bytes: 128 * 16 * 4)
    let values = block.base.assumingMemoryBound(to: Float.self)
    for panel in 0..<layout.panels {
      for group in 0..<layout.groups {
        set.kernels.pointee.unpack_block(
          self.block(panel: panel, group: group), Int32(layout.bits), values)
        for row in panel * 16..<min(panel * 16 + 16, rows) {
          for column in group * 128..<min(group * 128 + 128, columns) {
            result[row * columns + column] = values[column % 128 * 16 + row % 16]
          }
        }
      }
    }
    return result
  }
}

extension Activations {
  /// All values in use, row-major.
  var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: rows * columns)) }
}

/// The quantisation of activations as its comment defines it: codes `[rows, columns]` and scales
/// `[rows, groups]`.
func quantizeByDefinition(_ input: borrowing Activations) -> (codes: [Int], scales: [Float]) {
  var codes: [Int] = []
  var scales: [Float] = []
  for row in 0..<input.rows {
    let values = input.row(row)
    for start in stride(from: 0, to: input.columns, by: 128) {
      let group = (start..<min(start + 128, input.columns)).map { values[$0] }
      let peak = group.map(abs).max() ?? 0
      scales.append(peak / 127)
      codes += group.map { peak == 0 ? 0 : Int(($0 * (127 / peak)).rounded(.toNearestOrEven)) }
    }
  }
  return (codes, scales)
}
