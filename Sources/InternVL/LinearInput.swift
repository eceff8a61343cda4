import Kernels

/// The input of a product: float rows, and room for their int8 copy where the product wants it.
struct LinearInput: ~Copyable {
  /// `[rows, columns]`, written by whatever comes before the product.
  var values: Activations
  private let arithmetic: Arithmetic
  private var codes: QuantizedRows?
  /// Whether `codes` were filled directly, and `values` have only their row count.
  private var hasOnlyCodes = false

  init(capacity: Int, columns: Int, arithmetic: Arithmetic) {
    values = Activations(capacity: capacity, columns: columns)
    self.arithmetic = arithmetic
    codes = arithmetic == .int8 ? QuantizedRows(capacity: capacity, columns: columns) : nil
  }

  /// Multiplies the rows by every part of `layer`; the parts' outputs stand side by side.
  ///
  /// `output` is `[rows, layer.outputs]` or wider; its row count is set.
  mutating func multiply(
    by layer: FusedLinear, into output: inout Activations, on compute: Compute
  ) {
    output.rows = values.rows
    if case .some(var quantized) = codes.take() {
      if !hasOnlyCodes { compute.quantize(values, into: &quantized) }
      hasOnlyCodes = false
      var column = 0
      for part in layer.parts {
        if case .quantized(let matrix) = part.weight.storage {
          compute.multiply(quantized, matrix, bias: part.bias, into: &output, column: column)
        } else {
          compute.multiply(values, part.weight, bias: part.bias, into: &output, column: column)
        }
        column += part.weight.rows
      }
      codes = consume quantized
    } else {
      var column = 0
      for part in layer.parts {
        compute.multiply(values, part.weight, bias: part.bias, into: &output, column: column)
        column += part.weight.rows
      }
    }
  }

  /// Becomes `nonlinearity(input · layer)` in int8, without float rows in between.
  ///
  /// The next product must be by quantised weights. Returns false, with nothing done, where the
  /// arithmetic is not int8 or the layer's weights are not quantised.
  mutating func fill(
    from input: inout LinearInput, by layer: FusedLinear, nonlinearity: Nonlinearity,
    on compute: Compute
  ) -> Bool {
    guard arithmetic == .int8, let parts = layer.quantizedParts,
      case .some(var source) = input.codes.take(), case .some(var target) = codes.take()
    else { return false }
    compute.quantize(input.values, into: &source)
    compute.multiply(source, parts, nonlinearity: nonlinearity, into: &target)
    input.codes = consume source
    codes = consume target
    values.rows = input.values.rows
    hasOnlyCodes = true
    return true
  }
}
