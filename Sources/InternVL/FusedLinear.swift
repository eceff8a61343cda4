import Kernels

/// Which arithmetic a matrix product uses.
package enum Arithmetic: Sendable {
  /// Float32 activations; quantised weights are unpacked on the fly.
  case float
  /// Activations quantised to int8 per row and group of 128; attention in int16.
  case int8

  var attentionProducts: AttentionProducts { self == .int8 ? .int16 : .float32 }
}

/// A weight matrix with its bias.
struct Linear {
  let weight: WeightMatrix
  /// `[weight.rows]`, or nil.
  let bias: [Float]?
}

/// The input of a product: float rows, and room for their int8 copy where the product wants it.
struct LinearInput: ~Copyable {
  /// `[rows, columns]`, written by whatever comes before the product.
  var values: Activations
  private var codes: QuantizedRows?

  init(capacity: Int, columns: Int, arithmetic: Arithmetic) {
    values = Activations(capacity: capacity, columns: columns)
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
      compute.quantize(values, into: &quantized)
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
}

/// Linear layers that read the same input and write side by side: `q | k | v`, `gate | up`, or one.
struct FusedLinear {
  let parts: [Linear]

  init(_ parts: Linear...) { self.parts = parts }

  /// Width of the output: the rows of all parts.
  var outputs: Int { parts.reduce(0) { $0 + $1.weight.rows } }

  /// Multiply-adds of one row.
  var multiplyAdds: Int { parts.reduce(0) { $0 + $1.weight.rows * $1.weight.columns } }

  /// Bytes of all weights.
  var byteCount: Int { parts.reduce(0) { $0 + $1.weight.byteCount } }
}
