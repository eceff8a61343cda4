internal import CKernels
internal import Synchronization

/// Logits of a few rows by a `ScreenedMatrix`: estimates first, then all or the largest of a row.
package final class Screening {
  private let weights: ScreenedMatrix
  private var codes: QuantizedRows
  /// `[groups, rows]` and `[rows]`: what `ck_screen_input` makes.
  private let sums: AlignedMemory
  private let reaches: AlignedMemory
  private var maxima = BlockMaxima()

  /// Makes room for `capacity` rows.
  package init(_ weights: ScreenedMatrix, capacity: Int) {
    self.weights = weights
    codes = QuantizedRows(capacity: capacity, columns: weights.layout.columns)
    let bytes = capacity * MemoryLayout<Float>.stride
    sums = AlignedMemory(bytes: bytes * weights.layout.high.groups)
    reaches = AlignedMemory(bytes: bytes)
  }

  /// Bytes of one for `capacity` rows of `columns`.
  package static func byteCount(capacity: Int, columns: Int) -> Int {
    QuantizedRows.byteCount(capacity: capacity, columns: columns)
      + capacity * (QuantizedRows.groups(of: columns) + 1) * MemoryLayout<Float>.stride
  }

  /// Estimates the logits of `input`, `[rows, inputs]`, as `[rows, outputs]`.
  package func estimate(
    _ input: borrowing Activations, into output: inout Activations, on compute: Compute
  ) {
    compute.quantize(input, into: &codes)
    let sums = sums.base.assumingMemoryBound(to: Float.self)
    ck_screen_input(codes.forC, sums, reaches.base.assumingMemoryBound(to: Float.self))
    compute.multiply(codes, weights.high, sums: sums, into: &output)
  }

  /// Turns the last estimates of a row into logits.
  package func complete(_ row: Int, of estimates: inout Activations, on compute: Compute) {
    let weights = self.weights
    nonisolated(unsafe) let kernels = compute.kernels
    nonisolated(unsafe) let input = codes.forC
    nonisolated(unsafe) let values = pointer(to: row, of: estimates)
    compute.forEachLane(of: weights.layout.rows) { outputs in
      ck_complete_logits(
        kernels, input, row, weights.forC, outputs.lowerBound, outputs.upperBound, values)
    }
  }

  /// Turns those of a row's last estimates into logits that are among the `count` largest, or less
  /// than `margin` below them; of the others some, and the rest into −infinity.
  ///
  /// Which ones is known as surely as in `largest`.
  package func complete(
    _ row: Int, largest count: Int, margin: Float, of estimates: inout Activations,
    on compute: Compute
  ) {
    nonisolated(unsafe) let values = pointer(to: row, of: estimates)
    maxima.fill(UnsafeBufferPointer(start: values, count: estimates.columns))
    // The outputs with the largest estimates bound the logits that are looked for from below.
    let estimate = maxima.limit(ofLargest: count)
    guard estimate < .infinity else { return complete(row, of: &estimates, on: compute) }
    // Outputs that must not be chosen are −infinity; the others may be fewer than `count`.
    let limit =
      estimate == -.infinity
      ? -.greatestFiniteMagnitude
      : smallestLogit(row, from: estimate, of: values, on: compute) - margin
    let weights = self.weights
    nonisolated(unsafe) let kernels = compute.kernels
    let reach = reaches.base.assumingMemoryBound(to: Float.self)[row]
    nonisolated(unsafe) let input = codes.forC
    compute.forEachLane(of: weights.layout.rows) { outputs in
      ck_complete_reaching_logits(
        kernels, input, row, weights.forC, outputs.lowerBound, outputs.upperBound, values, reach,
        limit)
    }
  }

  /// The smallest logit of the outputs whose estimate is `limit` or more.
  private func smallestLogit(
    _ row: Int, from limit: Float, of estimates: UnsafePointer<Float>, on compute: Compute
  ) -> Float {
    let weights = self.weights
    nonisolated(unsafe) let kernels = compute.kernels
    nonisolated(unsafe) let input = codes.forC
    nonisolated(unsafe) let estimates = estimates
    let smallest = Mutex(Float.infinity)
    compute.forEachLane(of: weights.layout.rows) { outputs in
      let found = ck_smallest_logit(
        kernels, input, row, weights.forC, outputs.lowerBound, outputs.upperBound, estimates, limit)
      smallest.withLock { $0 = min($0, found) }
    }
    return smallest.withLock(\.self)
  }

  /// The output with the largest logit of a row, the first of equals, from its last estimates.
  ///
  /// It is the one that `complete` would give, except with a probability of 1e-16. NaNs are never the
  /// largest; if there is nothing else, the result is 0.
  package func largest(_ row: Int, of estimates: borrowing Activations, on compute: Compute) -> Int
  {
    let weights = self.weights
    nonisolated(unsafe) let kernels = compute.kernels
    nonisolated(unsafe) let input = codes.forC
    nonisolated(unsafe) let values = pointer(to: row, of: estimates)
    let reach = reaches.base.assumingMemoryBound(to: Float.self)[row]
    let best = Mutex((output: 0, logit: -Float.infinity))
    compute.forEachLane(of: weights.layout.rows) { outputs in
      let found = ck_largest_logit(
        kernels, input, row, weights.forC, outputs.lowerBound, outputs.upperBound, values, reach)
      best.withLock {
        if found.logit > $0.logit || found.logit == $0.logit && found.output < $0.output {
          $0 = (found.output, found.logit)
        }
      }
    }
    return best.withLock { $0.output }
  }

  private func pointer(
    to row: Int, of estimates: borrowing Activations
  ) -> UnsafeMutablePointer<Float> {
    precondition(
      (0..<codes.rows).contains(row) && estimates.rows == codes.rows
        && estimates.columns == weights.layout.rows,
      "row \(row) of \(codes.rows) × \(weights.layout.rows)")
    return estimates.pointer + row * estimates.columns
  }
}
