import Files
package import Kernels

/// A tensor of a checkpoint: what it is, and its elements once somebody asks for them.
package struct StoredTensor: Sendable {
  /// Where the elements are.
  enum Place: Sendable {
    /// In a mapped file, which has no checksum of them.
    case mapped(TensorView)
    /// In an archive's entry, from this byte of its content on.
    case archived(ArchivedStorage, offset: Int)
  }

  /// The name in the checkpoint.
  package let name: String
  /// The name of the file that holds it, for messages.
  package let file: String
  package let type: ElementType
  /// The extent of each dimension; empty for a scalar.
  package let shape: [Int]
  private let strides: [Int]
  private let place: Place

  /// A tensor in a mapped file.
  init(_ view: TensorView) {
    (name, file, type, shape) = (view.name, view.file, view.type, view.shape)
    strides = view.strides
    place = .mapped(view)
  }

  /// A tensor in an archive's entry.
  ///
  /// - Precondition: the tensor lies in the storage.
  init(
    name: String, type: ElementType, shape: [Int], strides: [Int], storage: ArchivedStorage,
    offset: Int
  ) {
    (self.name, file, self.type, self.shape) = (name, storage.file.name, type, shape)
    self.strides = strides
    place = .archived(storage, offset: offset)
  }

  /// The size of all elements.
  package var byteCount: Int { shape.reduce(1, *) * type.byteCount }

  /// The elements: where they lie in the file, or unpacked and checked where they are compressed.
  ///
  /// - Throws: `CheckpointError.pytorch`.
  package func view() throws(CheckpointError) -> TensorView {
    switch place {
    case .mapped(let view): return view
    case .archived(let storage, let offset):
      do {
        let (base, owner) = try storage.content(for: self)
        return TensorView(
          name: name, file: file, type: type, shape: shape, strides: strides,
          pointer: base + offset, owner: owner)
      } catch {
        throw .pytorch(file: file, error)
      }
    }
  }

  /// The elements, of which it is known that they are what was written where the file says that.
  ///
  /// Reads all of the archive's entry the first time, on all lanes or the caller's only.
  ///
  /// - Throws: `CheckpointError.pytorch`.
  package func checkedView(on compute: Compute?) throws(CheckpointError) -> TensorView {
    // What is unpacked is checked.
    if let archived, !archived.isCompressed {
      do {
        try archived.check(tensor: name, on: compute)
      } catch {
        throw .pytorch(file: file, error)
      }
    }
    return try view()
  }

  /// Bytes that `checkedView` reads.
  package var checkedBytes: Int { archived?.byteCount ?? 0 }

  /// The archive's entry that it lies in; nil in other files.
  var archived: ArchivedStorage? {
    guard case .archived(let storage, _) = place else { return nil }
    return storage
  }
}

extension StoredTensor: CustomStringConvertible {
  package var description: String { "\(name) \(type) \(shape)" }
}
