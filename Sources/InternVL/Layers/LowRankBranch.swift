import Kernels

/// What an adapter adds to a product by weights that stay as they are stored: `up · down · x`.
struct LowRankBranch {
  /// `[rank, inputs]`.
  let down: WeightMatrix
  /// `[rank, outputs.count]`, times the adapter's factor.
  let up: [Float]
  /// The outputs that it adds to.
  let outputs: Range<Int>

  /// Adds the branch of the rows of `input` to the results of a layer whose outputs begin at `column`.
  ///
  /// - Parameters:
  ///   - input: `[rows, inputs]`.
  ///   - singleRows: as for `LinearInput`.
  ///   - scale: a factor for each of the layer's outputs; nil for ones.
  ///   - output: `[rows, at least column + the layer's outputs]`.
  ///   - column: where in `output`'s rows the layer's outputs begin.
  ///   - compute: does it.
  func add(
    _ input: borrowing Activations, singleRows: Int, scale: [Float]?,
    to output: inout Activations, column: Int, on compute: Compute
  ) {
    // Made anew each time: a few kilobytes, and only with an adapter.
    var factors = Activations(capacity: input.rows, columns: down.rows)
    compute.multiply(input, down, bias: nil, gemvRows: singleRows, into: &factors)
    compute.add(
      factors, times: up, scale: scale.map { Array($0[outputs]) }, to: &output,
      column: column + outputs.lowerBound)
  }
}
