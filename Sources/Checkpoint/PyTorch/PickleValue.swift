import Kernels

/// A value on the unpickler's stack.
///
/// Containers, storages and tensors are numbers of places in the unpickler's tables, so that
/// values are flat: nesting costs no recursion, and a container that holds itself does no harm.
enum PickleValue: Equatable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case tuple(Int)
  case list(Int)
  /// Keys and values alternate in the container.
  case dictionary(Int)
  case global(PickleGlobal)
  case storage(Int)
  case tensor(Int)
}

/// The names that a pickle may ask for.
///
/// Each is a mark that only `Unpickler` gives a meaning; nothing is looked up or called.
enum PickleGlobal: Equatable {
  case orderedDictionary
  /// `torch._utils._rebuild_tensor_v2`: a tensor from a storage, an offset, sizes and strides.
  case rebuildTensor
  /// `torch._utils._rebuild_parameter`: a tensor marked as trainable, which
  /// `dict(model.named_parameters())` holds in place of plain tensors.
  case rebuildParameter
  case storage(ElementType)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "FloatStorage"): self = .storage(.float32)
    case ("torch", "HalfStorage"): self = .storage(.float16)
    case ("torch", "BFloat16Storage"): self = .storage(.bfloat16)
    case ("torch", "LongStorage"): self = .storage(.int64)
    case ("torch", "IntStorage"): self = .storage(.int32)
    case ("torch", "ShortStorage"): self = .storage(.int16)
    case ("torch", "CharStorage"): self = .storage(.int8)
    case ("torch", "ByteStorage"): self = .storage(.uint8)
    case ("torch", "BoolStorage"): self = .storage(.bool)
    default: return nil
    }
  }
}

/// A storage that the pickle names; its bytes lie elsewhere in the file.
struct PickledStorage: Equatable {
  let key: String
  let type: ElementType
  /// The size of all its elements.
  let byteCount: Int
}

/// A tensor as the pickle describes it, not yet checked against its storage.
struct PickledTensor: Equatable {
  /// The number of its storage in the unpickler's table.
  let storage: Int
  /// The first element's distance from the storage's beginning, in elements.
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}
