import Kernels

/// Where a network's weights come from: a checkpoint, or a plan that only writes down their names.
///
/// The networks' `init`s ask for every tensor by its stored name, with the shape that the
/// configuration gives it.
protocol WeightSource {
  /// Whether a tensor is stored.
  func contains(_ name: String) -> Bool

  /// A small tensor as float32 values, row-major.
  func vector(_ name: String, shape: [Int]) throws(InternVLError) -> [Float]

  /// The weight `name.weight` of a linear layer, `[outputs, inputs]`, or its AWQ parts.
  func linearWeight(
    _ name: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> WeightMatrix

  /// What adapters add to a linear layer whose weight stays as it is stored.
  func branches(
    of name: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> [LowRankBranch]

  /// A matrix `[outputs, inputs]` for products.
  func matrix(_ name: String, outputs: Int, inputs: Int) throws(InternVLError) -> WeightMatrix

  /// The output layer `[outputs, inputs]`.
  func outputLayer(_ name: String, outputs: Int, inputs: Int) throws(InternVLError) -> OutputWeights

  /// A matrix as stored, for looking rows up.
  func table(_ name: String, rows: Int, columns: Int) throws(InternVLError) -> WeightMatrix

  /// A convolution `[outputs, channels, side, side]` as the matrix `[outputs, channels · side²]`.
  func convolutionWeight(
    _ name: String, outputs: Int, channels: Int, side: Int
  ) throws(InternVLError) -> WeightMatrix
}

/// Whether a linear layer has a bias.
enum BiasRule { case required, ifPresent, absent }

extension WeightSource {
  /// The weight, and the bias where there is one, of a normalisation.
  func norm(_ name: String, width: Int, hasBias: Bool) throws(InternVLError) -> NormWeights {
    NormWeights(
      weight: try vector(name + ".weight", shape: [width]),
      bias: hasBias ? try vector(name + ".bias", shape: [width]) : nil)
  }

  /// A convolution whose stride is its size, as a linear layer over patches.
  func convolution(
    _ name: String, outputs: Int, channels: Int, side: Int
  ) throws(InternVLError) -> Linear {
    Linear(
      weight: try convolutionWeight(
        name + ".weight", outputs: outputs, channels: channels, side: side),
      bias: try vector(name + ".bias", shape: [outputs]))
  }

  /// A linear layer `[outputs, inputs]`.
  func linear(
    _ name: String, outputs: Int, inputs: Int, bias: BiasRule
  ) throws(InternVLError) -> Linear {
    let hasBias = bias == .required || bias == .ifPresent && contains(name + ".bias")
    return Linear(
      weight: try linearWeight(name, outputs: outputs, inputs: inputs),
      bias: hasBias ? try vector(name + ".bias", shape: [outputs]) : nil,
      branches: try branches(of: name, outputs: outputs, inputs: inputs))
  }
}
