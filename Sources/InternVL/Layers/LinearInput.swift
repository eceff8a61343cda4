import Kernels

/// The input of a product: float rows, and room for their int8 copy where the product wants it.
struct LinearInput: ~Copyable {
  /// `[rows, columns]`, written by whatever comes before the product.
  var values: Activations
  /// How many rows, from the first on, are the only ones of their sequence; see `Compute.multiply`.
  var singleRows = 0
  private let arithmetic: Arithmetic
  private var codes: QuantizedRows?
  /// Whether `codes` were filled directly, and `values` have only their row count.
  private var hasOnlyCodes = false

  init(capacity: Int, columns: Int, arithmetic: Arithmetic) {
    values = Activations(capacity: capacity, columns: columns)
    self.arithmetic = arithmetic
    codes = arithmetic == .int8 ? QuantizedRows(capacity: capacity, columns: columns) : nil
  }

  /// Bytes of one.
  static func byteCount(capacity: Int, columns: Int, arithmetic: Arithmetic) -> Int {
    Activations.byteCount(capacity: capacity, columns: columns)
      + (arithmetic == .int8 ? QuantizedRows.byteCount(capacity: capacity, columns: columns) : 0)
  }

  /// Becomes the normalised rows of `x`: LayerNorm where `norm` has a bias, RMSNorm where it has none.
  ///
  /// `layer` is what the rows will be multiplied by.
  mutating func fill(
    normalizing x: borrowing Activations, _ norm: NormWeights, epsilon: Float,
    for layer: FusedLinear, on compute: Compute
  ) {
    if !layer.hasBranches, var codes = codes.take() {
      compute.quantizeNormalized(
        x, weight: norm.weight, bias: norm.bias, epsilon: epsilon, into: &codes)
      self.codes = consume codes
      values.rows = x.rows
      hasOnlyCodes = true
    } else {
      compute.normalize(x, norm, epsilon: epsilon, into: &values)
    }
  }

  /// Multiplies the rows by every part of `layer`; the parts' outputs stand side by side.
  ///
  /// `output` is `[rows, layer.outputs]` or wider; its row count is set.
  mutating func multiply(
    by layer: FusedLinear, into output: inout Activations, on compute: Compute
  ) {
    output.rows = values.rows
    if let parts = layer.quantizedParts, let codes = takeCodes(on: compute) {
      compute.multiply(codes, parts, into: &output)
      self.codes = consume codes
    } else {
      precondition(!hasOnlyCodes, "float weights meet int8 rows")
      var column = 0
      for part in layer.parts {
        compute.multiply(
          values, part.weight, bias: part.bias, gemvRows: singleRows, into: &output,
          column: column)
        column += part.weight.rows
      }
    }
    addBranches(of: layer, scale: nil, to: &output, on: compute)
  }

  /// Adds the rows times `layer`, times `scale` where there is one, to the residual stream.
  ///
  /// The layer is a single matrix; `scale` (layer scale) has a factor for each of its outputs. `scratch`
  /// takes the product where the arithmetic is float.
  mutating func multiply(
    by layer: FusedLinear, scale: [Float]?, addingTo stream: inout Activations,
    scratch: inout Activations, on compute: Compute
  ) {
    if let part = layer.quantizedParts?.first, let codes = takeCodes(on: compute) {
      compute.multiply(codes, part.weights, bias: part.bias, scale: scale, addingTo: &stream)
      self.codes = consume codes
      addBranches(of: layer, scale: scale, to: &stream, on: compute)
    } else {
      multiply(by: layer, into: &scratch, on: compute)
      compute.add(scratch, scale: scale, to: &stream)
    }
  }

  /// Becomes `nonlinearity(input · layer)` in int8, without float rows in between.
  ///
  /// The next product must be by quantised weights without branches. Returns false, with nothing done,
  /// where the arithmetic is not int8, the layer's weights are not quantised, or it has branches.
  mutating func fill(
    from input: inout LinearInput, by layer: FusedLinear, nonlinearity: Nonlinearity,
    on compute: Compute
  ) -> Bool {
    guard arithmetic == .int8, !layer.hasBranches, let parts = layer.quantizedParts,
      let source = input.takeCodes(on: compute), var target = codes.take()
    else { return false }
    compute.multiply(source, parts, nonlinearity: nonlinearity, into: &target)
    input.codes = consume source
    codes = consume target
    values.rows = input.values.rows
    hasOnlyCodes = true
    return true
  }

  /// Adds what adapters add to the parts' results, which stand side by side in `output`.
  private func addBranches(
    of layer: FusedLinear, scale: [Float]?, to output: inout Activations, on compute: Compute
  ) {
    guard layer.hasBranches else { return }
    var column = 0
    for part in layer.parts {
      for branch in part.branches {
        branch.add(
          values, singleRows: singleRows, scale: scale, to: &output, column: column, on: compute)
      }
      column += part.weight.rows
    }
  }

  /// Takes the int8 rows out, to be put back; none in float arithmetic.
  ///
  /// They are quantised first unless they were made so.
  private mutating func takeCodes(on compute: Compute) -> QuantizedRows? {
    guard var codes = codes.take() else { return nil }
    if !hasOnlyCodes { compute.quantize(values, into: &codes) }
    hasOnlyCodes = false
    return codes
  }
}
