internal import COpenBLAS

/// The float32 products of OpenBLAS, loaded at the first question whether they can be used.
enum OpenBLAS {
  /// Rows are multiplied in multiples of this, and outputs in multiples of `outputUnit`.
  ///
  /// At the edge of a matrix the library takes other kernels, which add in another order. In whole units
  /// a result depends on its row and its weights alone.
  static let rowUnit = 16
  static let outputUnit = 64

  /// Whether the library is here and keeps that promise.
  ///
  /// Bits that depend on a row's neighbours would depend on what else is computed at the same time.
  static let isUsable = copenblas_load() && [false, true].allSatisfy(isRowInvariant)

  /// Weights of some outputs, `[outputs, count]`, or `[count, outputs]` where transposed.
  struct Weights {
    let pointer: UnsafePointer<Float>
    let stride: Int
    let isTransposed: Bool
  }

  /// Adds to `output`, `[rows, outputs]`, the products of `input`, `[rows, count]`.
  static func multiplyAdd(
    _ input: UnsafePointer<Float>, stride: Int, rows: Int, _ weights: Weights, outputs: Int,
    count: Int, into output: UnsafeMutablePointer<Float>, outputStride: Int
  ) {
    copenblas_multiply_add(
      input, stride, rows, weights.pointer, weights.stride, weights.isTransposed, outputs, count,
      output, outputStride)
  }

  /// Whether rows and outputs have the same bits alone as in the middle of others.
  private static func isRowInvariant(transposed: Bool) -> Bool {
    let (rows, outputs) = (5 * rowUnit, 4 * outputUnit)
    return [256, 76].allSatisfy { count in
      let input = floats(rows * count, seed: 1), weights = floats(outputs * count, seed: 2)
      func product(rows: Range<Int>, outputs piece: Range<Int>) -> [Float] {
        var result = [Float](repeating: 0, count: rows.count * piece.count)
        let stride = transposed ? outputs : count
        input.withUnsafeBufferPointer { input in
          weights.withUnsafeBufferPointer { weights in
            result.withUnsafeMutableBufferPointer { result in
              guard let input = input.baseAddress, let weights = weights.baseAddress,
                let target = result.baseAddress
              else { return }
              multiplyAdd(
                input + rows.lowerBound * count, stride: count, rows: rows.count,
                Weights(
                  pointer: weights + piece.lowerBound * (transposed ? 1 : count), stride: stride,
                  isTransposed: transposed),
                outputs: piece.count, count: count, into: target, outputStride: piece.count)
            }
          }
        }
        return result
      }
      let whole = product(rows: 0..<rows, outputs: 0..<outputs)
      return [0, 5, 11, 2 * rowUnit].allSatisfy { first in
        [1, 2, 3].allSatisfy { units in
          let part = first..<first + units * rowUnit
          return (0..<4).allSatisfy { unit in
            let piece = unit * outputUnit..<(unit + 1) * outputUnit
            let alone = product(rows: part, outputs: piece)
            return part.allSatisfy { row in
              alone[(row - first) * outputUnit..<(row - first + 1) * outputUnit]
                == whole[row * outputs + piece.lowerBound..<row * outputs + piece.upperBound]
            }
          }
        }
      }
    }
  }

  /// Numbers between -1 and 1 without a pattern.
  private static func floats(_ count: Int, seed: UInt32) -> [Float] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(Int32(bitPattern: state)) * 0x1p-31
    }
  }
}
