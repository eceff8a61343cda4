import Kernels

// What the names in `PickleGlobal` mean.
extension Unpickler {
  /// The value that a call stands for.
  mutating func call(
    _ function: PickleGlobal, _ arguments: [PickleValue]
  ) throws(PickleFault) -> PickleValue {
    switch function {
    case .orderedDictionary: try orderedDictionary(arguments)
    case .rebuildTensor: try tensor(arguments)
    case .rebuildParameter: try parameter(arguments)
    case .storage: throw fault(.operands("REDUCE"))
    }
  }

  /// `OrderedDict()`; its members follow as SETITEMS.
  private mutating func orderedDictionary(
    _ arguments: [PickleValue]
  ) throws(PickleFault) -> PickleValue {
    guard arguments.isEmpty else { throw fault(.operands("OrderedDict")) }
    return .dictionary(try store([]))
  }

  /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)`.
  private mutating func tensor(
    _ arguments: [PickleValue]
  ) throws(PickleFault) -> PickleValue {
    guard arguments.count == 6,
      case .storage(let storage) = arguments[0],
      case .integer(let offset) = arguments[1],
      let shape = integers(arguments[2]),
      let strides = integers(arguments[3]),
      case .bool = arguments[4],
      case .dictionary = arguments[5]
    else { throw fault(.operands("_rebuild_tensor_v2")) }
    tensors.append(
      PickledTensor(storage: storage, offset: offset, shape: shape, strides: strides))
    return .tensor(tensors.count - 1)
  }

  /// `_rebuild_parameter(tensor, requires_grad, backward_hooks)`: the tensor itself.
  private func parameter(_ arguments: [PickleValue]) throws(PickleFault) -> PickleValue {
    guard arguments.count == 3, case .tensor = arguments[0], case .bool = arguments[1],
      case .dictionary = arguments[2]
    else { throw fault(.operands("_rebuild_parameter")) }
    return arguments[0]
  }

  /// Puts the storage that a persistent id names into the table, and gives its number.
  ///
  /// The id is `("storage", type, key, location, count)`, in the legacy form with a sixth part
  /// that describes a view and is None. The location is the device that the tensor was saved
  /// from, which says nothing about its bytes.
  mutating func persistentStorage(_ id: PickleValue) throws(PickleFault) -> Int {
    guard case .tuple(let tuple) = id,
      case let parts = containers[tuple], parts.count == 5 || parts.count == 6,
      parts[0] == .string("storage"),
      case .global(.storage(let type)) = parts[1],
      case .string(let key) = parts[2],
      case .string = parts[3],
      case .integer(let count) = parts[4],
      parts.count == 5 || parts[5] == .none,
      let byteCount = TensorView.byteCount(of: [count], type)
    else { throw fault(.operands("BINPERSID")) }
    storages.append(PickledStorage(key: key, type: type, byteCount: byteCount))
    return storages.count - 1
  }

  /// A shape or its strides; nil where there are more dimensions than any weight has, each of
  /// which a tensor copies.
  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let tuple) = value, containers[tuple].count <= 8 else { return nil }
    var integers: [Int] = []
    for part in containers[tuple] {
      guard case .integer(let integer) = part else { return nil }
      integers.append(integer)
    }
    return integers
  }
}
