import Files
import Kernels

/// What a pickle says about the tensors of a file: their names, and how they lie in storages.
struct StateDict {
  private let tensors: [String: PickledTensor]
  private let storageOfTensor: [PickledStorage]

  /// The storages by key; the first mention counts where several tensors share one.
  let storages: [String: PickledStorage]

  /// Takes a pickle for a dictionary of tensors.
  init(_ pickle: Pickle) throws(PyTorchFault) {
    guard let pairs = pickle.pairs else { throw .notStateDict(key: nil) }
    var tensors: [String: PickledTensor] = [:]
    for (name, value) in pairs {
      guard case .tensor(let tensor) = value else { throw .notStateDict(key: name) }
      guard tensors.updateValue(pickle.tensors[tensor], forKey: name) == nil else {
        throw .duplicateTensor(name)
      }
    }
    self.tensors = tensors
    storageOfTensor = pickle.storages
    storages = Dictionary(
      pickle.storages.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The tensors where they lie in `file`, given the place of each storage by key.
  func views(
    in file: MappedFile, places: [String: Range<Int>]
  ) throws(PyTorchFault) -> [String: TensorView] {
    var views: [String: TensorView] = [:]
    views.reserveCapacity(tensors.count)
    for (name, tensor) in tensors {
      let storage = storageOfTensor[tensor.storage]
      guard let place = places[storage.key] else { throw .missingStorage(key: storage.key) }
      guard place.count >= storage.byteCount else {
        throw .shortStorage(key: storage.key, needed: storage.byteCount, given: place.count)
      }
      guard let offset = tensor.byteOffset(in: storage) else {
        throw .tensor(
          name, offset: tensor.offset, shape: tensor.shape, strides: tensor.strides,
          storageBytes: storage.byteCount)
      }
      views[name] = TensorView(
        name: name, file: file.name, type: storage.type, shape: tensor.shape,
        strides: tensor.strides, pointer: file.pointer(at: place.lowerBound + offset), owner: file)
    }
    return views
  }
}

extension PickledTensor {
  /// The distance of the first element from the storage's beginning, or nil where an element
  /// would lie outside.
  ///
  /// Tensors that repeat elements (more elements than the storage has) are refused, too: a copy
  /// of one could need any amount of memory.
  fileprivate func byteOffset(in storage: PickledStorage) -> Int? {
    guard shape.count == strides.count, offset >= 0,
      shape.allSatisfy({ $0 >= 0 }), strides.allSatisfy({ $0 >= 0 }),
      let byteCount = TensorView.byteCount(of: shape, storage.type),
      byteCount <= storage.byteCount
    else { return nil }
    let width = storage.type.byteCount
    let elements = storage.byteCount / width
    guard byteCount > 0 else { return offset <= elements ? offset * width : nil }
    var last = offset
    for (extent, stride) in zip(shape, strides) {
      let (distance, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, sumOverflow) = last.addingReportingOverflow(distance)
      guard !overflow, !sumOverflow else { return nil }
      last = sum
    }
    return last < elements ? offset * width : nil
  }
}
