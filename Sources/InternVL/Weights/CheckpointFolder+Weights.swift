import Checkpoint
import Kernels

extension CheckpointFolder {
  /// A tensor of this shape and one of these element types.
  ///
  /// - Throws: `InternVLError.checkpoint` naming what is missing or different.
  func weight(
    _ name: String, shape: [Int], types: [ElementType] = [.float32, .float16, .bfloat16]
  ) throws(InternVLError) -> TensorView {
    do {
      let view = try tensor(named: name, shape: shape)
      guard types.contains(view.type) else {
        throw CheckpointError.wrongType(
          file: view.file, tensor: name,
          expected: types.map { "\($0)" }.joined(separator: ", "), found: "\(view.type)")
      }
      return view
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
