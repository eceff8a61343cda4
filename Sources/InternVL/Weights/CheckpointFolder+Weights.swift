import Checkpoint
import Kernels

extension CheckpointFolder {
  /// Up to this many bytes of an archive are compared with their checksum at every launch.
  private static let cheapBytes = 1 << 20

  /// A tensor of this shape and one of these element types.
  ///
  /// Where its file has a checksum, the two are compared if that is cheap, or if there is `checkedOn` to
  /// compute it: when all of the tensor is read anyway.
  ///
  /// - Throws: `InternVLError.checkpoint` naming what is missing, different or damaged.
  func weight(
    _ name: String, shape: [Int], types: [ElementType] = [.float32, .float16, .bfloat16],
    checkedOn compute: Compute? = nil
  ) throws(InternVLError) -> TensorView {
    do {
      let stored = try tensor(named: name, shape: shape)
      guard types.contains(stored.type) else {
        throw CheckpointError.wrongType(
          file: stored.file, tensor: name,
          expected: types.map { "\($0)" }.joined(separator: ", "), found: "\(stored.type)")
      }
      return compute != nil || stored.checkedBytes <= Self.cheapBytes
        ? try stored.checkedView(on: compute) : try stored.view()
    } catch {
      throw .checkpoint(error)
    }
  }
}

extension TensorView {
  /// The values as a matrix; mapped where they are aligned and row-major, else copied.
  func rowMajor(rows: Int, columns: Int) -> WeightMatrix {
    let view = contiguous()
    return WeightMatrix(
      rowMajor: view.pointer, type: view.type, rows: rows, columns: columns, owner: view.owner)
  }
}
