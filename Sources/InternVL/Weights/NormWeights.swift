import Kernels

/// A normalisation's weight and, for LayerNorm, its bias.
struct NormWeights {
  /// `[width]`.
  let weight: [Float]
  /// `[width]` for LayerNorm; nil for RMSNorm.
  let bias: [Float]?
}

extension Compute {
  /// LayerNorm where `norm` has a bias, RMSNorm where it has none.
  func normalize(
    _ x: borrowing Activations, _ norm: NormWeights, epsilon: Float, into output: inout Activations
  ) {
    output.rows = x.rows
    if let bias = norm.bias {
      layerNorm(x, weight: norm.weight, bias: bias, epsilon: epsilon, into: &output)
    } else {
      rmsNorm(x, weight: norm.weight, epsilon: epsilon, into: &output)
    }
  }
}
