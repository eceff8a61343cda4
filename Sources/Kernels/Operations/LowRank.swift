extension Compute {
  /// Adds rows times a matrix of few rows: `output[r, column + o] += scale[o] · Σ factors[r, k] · up[k, o]`.
  ///
  /// Every output is summed in the order of `k`, whatever the lanes and the other rows.
  ///
  /// - Parameters:
  ///   - factors: `[rows, rank]`.
  ///   - up: `[rank, outputs]`.
  ///   - scale: `[outputs]`, or nil for ones.
  ///   - output: `[rows, at least column + outputs]`.
  ///   - column: where in `output`'s rows the outputs begin.
  package func add(
    _ factors: borrowing Activations, times up: [Float], scale: [Float]?,
    to output: inout Activations, column: Int
  ) {
    let rank = factors.columns
    let outputs = rank == 0 ? 0 : up.count / rank
    precondition(
      factors.rows == output.rows && up.count == rank * outputs && column >= 0
        && column + outputs <= output.columns && scale.map { $0.count == outputs } ?? true,
      "\(factors.rows) × \(rank) by \(up.count) at column \(column) of \(output.columns)")
    let rows = factors.rows
    let stride = output.columns
    nonisolated(unsafe) let source = factors.pointer
    nonisolated(unsafe) let target = output.pointer + column
    forEachLane(of: outputs, grain: 64) { range in
      up.withUnsafeBufferPointer { up in
        for row in 0..<rows {
          let sums = target + row * stride
          for index in 0..<rank {
            let factor = source[row * rank + index]
            let weights = UnsafeBufferPointer(rebasing: up[index * outputs..<(index + 1) * outputs])
            if let scale {
              for output in range { sums[output] += scale[output] * factor * weights[output] }
            } else {
              for output in range { sums[output] += factor * weights[output] }
            }
          }
        }
      }
    }
  }
}
