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
  func tensors(
    in file: MappedFile, places: [String: Range<Int>]
  ) throws(PyTorchFault) -> [String: StoredTensor] {
    try tensors(places, byteCount: \.count) { name, place, type, tensor, offset in
      StoredTensor(
        TensorView(
          name: name, file: file.name, type: type, shape: tensor.shape, strides: tensor.strides,
          pointer: file.pointer(at: place.lowerBound + offset), owner: file))
    }
  }

  /// The tensors in an archive's entries, given those of the storages by key.
  func tensors(
    in storages: [String: ArchivedStorage]
  ) throws(PyTorchFault) -> [String: StoredTensor] {
    try tensors(storages, byteCount: \.byteCount) { name, storage, type, tensor, offset in
      StoredTensor(
        name: name, type: type, shape: tensor.shape, strides: tensor.strides, storage: storage,
        offset: offset)
    }
  }

  /// Checks that every tensor lies in its storage, and makes it.
  ///
  /// - Parameters:
  ///   - places: the storages by key.
  ///   - byteCount: the size of one.
  ///   - make: gets the tensor's name, its storage, element type and description, and the distance
  ///     of its first element from the storage's beginning in bytes.
  /// - Returns: the tensors by name.
  /// - Throws: `PyTorchFault`.
  private func tensors<Place>(
    _ places: [String: Place], byteCount: (Place) -> Int,
    make: (String, Place, ElementType, PickledTensor, Int) -> StoredTensor
  ) throws(PyTorchFault) -> [String: StoredTensor] {
    var made: [String: StoredTensor] = [:]
    made.reserveCapacity(tensors.count)
    for (name, tensor) in tensors {
      let storage = storageOfTensor[tensor.storage]
      guard let place = places[storage.key] else { throw .missingStorage(key: storage.key) }
      guard byteCount(place) >= storage.byteCount else {
        throw .shortStorage(
          key: storage.key, needed: storage.byteCount, given: byteCount(place))
      }
      guard let offset = tensor.byteOffset(in: storage) else {
        throw .tensor(
          name, offset: tensor.offset, shape: tensor.shape, strides: tensor.strides,
          storageBytes: storage.byteCount)
      }
      made[name] = make(name, place, storage.type, tensor, offset)
    }
    return made
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
