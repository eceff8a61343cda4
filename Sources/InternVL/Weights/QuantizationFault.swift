/// Why a layer that is stored in 4 bits cannot be used.
public enum QuantizationFault: Error, Equatable, Sendable {
  /// Its dimensions are not multiples of these.
  case size(outputs: Int, inputs: Int, multiples: [Int])
  /// It has a scale that float16 cannot hold.
  case scale
  /// Its inputs are in groups of an order of their own.
  case order
}

extension QuantizationFault: CustomStringConvertible {
  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .size(let outputs, let inputs, let multiples):
      "it has \(outputs) outputs and \(inputs) inputs; expected multiples of "
        + multiples.map(String.init).joined(separator: " and ")
    case .scale:
      "float16 cannot hold one of its scales; the checkpoint is damaged, or must be quantised with "
        + "scales in float16 or bfloat16"
    case .order:
      "it has 'weight_g_idx'; take a checkpoint that was quantised without activation ordering, or "
        + "with 'static'"
    }
  }
}
