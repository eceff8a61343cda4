extension WeightMatrix {
  /// Copies the weights of one output into a row of activations: the embedding of a token.
  ///
  /// - Precondition: `source` and `row` exist, and the rows have `columns` elements.
  package func copyRow(_ source: Int, into output: inout Activations, row: Int) {
    var target = output.mutableRow(row)
    copyRow(source, into: &target)
  }
}
