import Kernels
import TestSupport

/// Half a unit in the last place of 1: the most that one float32 operation is off, relatively.
let unitRoundoff = 0x1p-24

/// Seeded numbers between -1 and 1.
func randomFloats(_ count: Int, seed: UInt64) -> [Float] {
  var random = SplitMix64(seed: seed)
  return (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
}

/// Rows of seeded numbers between -`range` and `range`.
func randomActivations(rows: Int, columns: Int, seed: UInt64, range: Float = 1) -> Activations {
  let numbers = randomFloats(rows * columns, seed: seed).map { $0 * range }
  return activations(numbers, rows: rows, columns: columns)
}

/// The numbers as `rows` of `columns`.
func activations(_ numbers: [Float], rows: Int, columns: Int) -> Activations {
  let result = Activations(capacity: rows, columns: columns)
  for index in numbers.indices { result.pointer[index] = numbers[index] }
  return result
}

/// Row-major weights in memory of their own.
final class StoredWeights {
  let matrix: WeightMatrix
  /// What the matrix holds, exactly; not kept for the large kind.
  let values: [Float]
  private final class Memory {
    let pointer: UnsafeMutableRawPointer
    init(bytes: Int) { pointer = .allocate(byteCount: max(bytes, 1), alignment: 64) }
    deinit { pointer.deallocate() }
  }

  /// Seeded weights between -1 and 1, rounded to `type`; they begin on an odd element.
  init(rows: Int, columns: Int, type: ElementType, seed: UInt64) {
    let memory = Memory(bytes: (rows * columns + 1) * type.byteCount)
    let start = memory.pointer + type.byteCount
    values = randomFloats(rows * columns, seed: seed).enumerated().map { index, value in
      switch type {
      case .float16:
        let half = Float16(value)
        start.storeBytes(of: half, toByteOffset: index * 2, as: Float16.self)
        return Float(half)
      case .bfloat16:
        let bits = value.bitPattern & 0xffff_0000
        start.storeBytes(of: UInt16(bits >> 16), toByteOffset: index * 2, as: UInt16.self)
        return Float(bitPattern: bits)
      default:
        start.storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
        return value
      }
    }
    matrix = WeightMatrix(
      rowMajor: start, type: type, rows: rows, columns: columns, owner: memory)
  }
  /// Many rows of bfloat16: the same seeded numbers, shifted from row to row.
  init(repeating columns: Int, rows: Int, seed: UInt64) {
    let pattern = randomFloats(columns + rows, seed: seed).map { UInt16($0.bitPattern >> 16) }
    let memory = Memory(bytes: rows * columns * 2)
    pattern.withUnsafeBytes { pattern in
      for row in 0..<rows {
        memory.pointer.advanced(by: row * columns * 2)
          .copyMemory(from: pattern.baseAddress! + row * 2, byteCount: columns * 2)
      }
    }
    values = []
    matrix = WeightMatrix(
      rowMajor: memory.pointer, type: .bfloat16, rows: rows, columns: columns, owner: memory)
  }
}
