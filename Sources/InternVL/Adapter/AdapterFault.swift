/// Why an adapter cannot be merged into a checkpoint.
public enum AdapterFault: Error, Equatable, Sendable {
  /// The adapter's folder has no adapter_model.safetensors.
  case noWeights
  /// A tensor is of a kind that is not built.
  case unsupported(tensor: String)
  /// Two tensors have the same place.
  case duplicate(tensor: String)
  /// One of a module's two matrices is missing.
  case half(module: String)
  /// The checkpoint has no such modules.
  case unknownModules([String])
  /// A module's matrices do not fit the stored weight.
  case wrongShape(module: String, adapter: [Int], stored: [Int])
  /// It replaces a weight that the checkpoint stores in 4 bits.
  case quantized(module: String)
}

extension AdapterFault: CustomStringConvertible {
  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .noWeights: "it has no adapter_model.safetensors; save the adapter as safetensors"
    case .unsupported(let tensor):
      "its tensor '\(tensor)' is of a kind that is not supported; merge the adapter with the "
        + "library that made it"
    case .duplicate(let tensor):
      "its tensor '\(tensor)' has the place of another one; save the adapter again"
    case .half(let module):
      "it has only one of the two matrices of '\(module)'; copy the whole adapter again"
    case .unknownModules(let modules):
      "it changes \(modules.prefix(3).map { "'\($0)'" }.joined(separator: ", "))"
        + (modules.count > 3 ? " and \(modules.count - 3) more" : "")
        + ", which the checkpoint does not have; it belongs to another model"
    case .wrongShape(let module, let adapter, let stored):
      "its matrices for '\(module)' make \(adapter), but the checkpoint's weight is \(stored); it "
        + "belongs to another model"
    case .quantized(let module):
      "it replaces '\(module)', which the checkpoint stores in 4 bits; use the unquantised checkpoint"
    }
  }
}
