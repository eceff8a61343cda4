/// What a pickle says: its top value, and what that refers to.
struct Pickle {
  let root: PickleValue
  /// The size of the pickle, which may be followed by other bytes.
  let byteCount: Int
  let containers: [[PickleValue]]
  let storages: [PickledStorage]
  let tensors: [PickledTensor]

  /// Reads the pickle at the beginning of `bytes`.
  init(_ bytes: RawSpan) throws(PyTorchFault) {
    var unpickler = Unpickler(bytes)
    do {
      root = try unpickler.load()
    } catch {
      throw .pickle(error)
    }
    byteCount = unpickler.position
    containers = unpickler.containers
    storages = unpickler.storages
    tensors = unpickler.tensors
  }

  /// The top value's members in the order of the file, or nil where it is no dictionary with
  /// text as keys.
  var pairs: [(key: String, value: PickleValue)]? {
    guard case .dictionary(let container) = root else { return nil }
    let values = containers[container]
    var pairs: [(key: String, value: PickleValue)] = []
    for index in stride(from: 0, to: values.count, by: 2) {
      guard case .string(let key) = values[index] else { return nil }
      pairs.append((key, values[index + 1]))
    }
    return pairs
  }

  /// The top value as a list of text, or nil where it is none.
  var strings: [String]? {
    guard case .list(let container) = root else { return nil }
    var strings: [String] = []
    for value in containers[container] {
      guard case .string(let text) = value else { return nil }
      strings.append(text)
    }
    return strings
  }
}
