import Kernels

/// Which arithmetic a matrix product uses.
package enum Arithmetic: Sendable {
  /// Float32 activations; quantised weights are unpacked on the fly.
  case float
  /// Activations quantised to int8 per row and group of 128; attention in integers.
  case int8

  /// The arithmetic that a precision stands for.
  package init(_ precision: Precision) { self = precision == .fast ? .int8 : .float }

  /// For attention within a tile, whose keys have no positions in them.
  var tileProducts: TileProducts { self == .int8 ? .integers : .float32 }

  /// Keys of Qwen2 have a few large columns, which rotate with the position, so that no mean could be
  /// taken from them: they keep 16 bits.
  var cacheFormat: KeyValueCache.Format { self == .int8 ? .int16 : .float32 }
}

/// A weight matrix with its bias.
struct Linear {
  let weight: WeightMatrix
  /// `[weight.rows]`, or nil.
  let bias: [Float]?
  /// What adapters add; empty where there is none, or it is merged into the weight.
  var branches: [LowRankBranch] = []
}

/// Linear layers that read the same input and write side by side: `q | k | v`, `gate | up`, or one.
struct FusedLinear {
  let parts: [Linear]
  /// All parts, if all are quantised.
  let quantizedParts: [(weights: QuantizedMatrix, bias: [Float]?)]?
  /// Whether adapters add to any part, which takes the input as float rows.
  let hasBranches: Bool

  init(_ parts: Linear...) { self.init(parts) }

  init(_ parts: [Linear]) {
    self.parts = parts
    hasBranches = parts.contains { !$0.branches.isEmpty }
    let quantized = parts.compactMap { part -> (weights: QuantizedMatrix, bias: [Float]?)? in
      guard case .quantized(let matrix) = part.weight.storage else { return nil }
      return (matrix, part.bias)
    }
    quantizedParts = quantized.count == parts.count ? quantized : nil
  }

  /// Width of the output: the rows of all parts.
  var outputs: Int { parts.reduce(0) { $0 + $1.weight.rows } }

  /// Multiply-adds of one row.
  var multiplyAdds: Int { parts.reduce(0) { $0 + $1.weight.rows * $1.weight.columns } }

  /// Bytes of all weights.
  var byteCount: Int { parts.reduce(0) { $0 + $1.weight.byteCount } }
}
