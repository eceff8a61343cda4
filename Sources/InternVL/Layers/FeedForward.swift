import Kernels

/// A feed-forward layer, `second(nonlinearity(first(x)))`, with its scratch.
struct FeedForward: ~Copyable {
  private let nonlinearity: Nonlinearity
  /// `[rows, 2 · inner]`: gate and up in float32.
  private var gateUp: Activations
  private var inner: LinearInput

  /// Reserves scratch for `capacity` rows with `inner` values between the products.
  init(capacity: Int, inner: Int, nonlinearity: Nonlinearity, arithmetic: Arithmetic) {
    self.nonlinearity = nonlinearity
    gateUp = Activations(
      capacity: nonlinearity == .swiGLU ? capacity : 0, columns: 2 * inner)
    self.inner = LinearInput(capacity: capacity, columns: inner, arithmetic: arithmetic)
  }

  /// Bytes of the scratch.
  static func scratchBytes(
    capacity: Int, inner: Int, nonlinearity: Nonlinearity, arithmetic: Arithmetic
  ) -> Int {
    Activations.byteCount(
      capacity: nonlinearity == .swiGLU ? capacity : 0, columns: 2 * inner)
      + LinearInput.byteCount(capacity: capacity, columns: inner, arithmetic: arithmetic)
  }

  /// `output`, `[rows, second.outputs]`, becomes the layer's result for the rows of `input`.
  mutating func run(
    _ input: inout LinearInput, first: FusedLinear, second: FusedLinear,
    into output: inout Activations, on compute: Compute
  ) {
    fillInner(&input, first: first, second: second, on: compute)
    inner.multiply(by: second, into: &output, on: compute)
  }

  /// Adds the layer's result, times `scale` where there is one, to the residual stream.
  ///
  /// `scratch` is as for `LinearInput`.
  mutating func run(
    _ input: inout LinearInput, first: FusedLinear, second: FusedLinear, scale: [Float]?,
    addingTo stream: inout Activations, scratch: inout Activations, on compute: Compute
  ) {
    fillInner(&input, first: first, second: second, on: compute)
    inner.multiply(
      by: second, scale: scale, addingTo: &stream, scratch: &scratch, on: compute)
  }

  /// `inner` becomes `nonlinearity(first(input))`.
  private mutating func fillInner(
    _ input: inout LinearInput, first: FusedLinear, second: FusedLinear, on compute: Compute
  ) {
    let isFilled =
      second.quantizedParts != nil && !second.hasBranches
      && inner.fill(from: &input, by: first, nonlinearity: nonlinearity, on: compute)
    if isFilled { return }
    inner.singleRows = input.singleRows
    switch nonlinearity {
    case .gelu:
      input.multiply(by: first, into: &inner.values, on: compute)
      compute.gelu(&inner.values)
    case .swiGLU:
      input.multiply(by: first, into: &gateUp, on: compute)
      inner.values.rows = gateUp.rows
      compute.siluMultiply(gateUp, into: &inner.values)
    }
  }
}
