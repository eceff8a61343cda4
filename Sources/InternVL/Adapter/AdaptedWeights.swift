import Checkpoint
import Kernels

/// A checkpoint's tensors, with adapters merged into those that they change, or beside them.
struct AdaptedWeights {
  let checkpoint: CheckpointFolder
  let configuration: Configuration
  let adapters: [LowRankAdapter]
  let compute: Compute

  /// Whether a tensor is there.
  func contains(_ name: String) -> Bool { checkpoint.tensors[name] != nil }

  /// A tensor of this shape and one of these element types; see `CheckpointFolder.weight`.
  ///
  /// One that an adapter changes is computed in float32 and rounded to the stored type, of float16 to
  /// float32.
  func weight(
    _ name: String, shape: [Int], types: [ElementType] = [.float32, .float16, .bfloat16],
    checked: Bool = false
  ) throws(InternVLError) -> TensorView {
    if let replacement = adapters.lazy.compactMap({ $0.replacements[name] }).first {
      guard replacement.shape == shape, types.contains(replacement.type) else {
        throw .checkpoint(
          CheckpointError.wrongShape(
            file: replacement.file, tensor: replacement.name, expected: shape,
            found: replacement.shape))
      }
      return try Self.view(replacement)
    }
    let stored: TensorView
    if let unpacked = try unpacked(name, shape: shape) {
      stored = unpacked
    } else {
      stored = try checkpoint.weight(
        name, shape: shape, types: types, checkedOn: checked ? compute : nil)
    }
    let updates = adapters.flatMap { $0.updates[name] ?? [] }
    return updates.isEmpty ? stored : try merge(updates, into: stored)
  }

  /// `stored + Σ scale · up · down`, `[rows, columns]`.
  private func merge(
    _ updates: [LowRankAdapter.Update], into stored: TensorView
  ) throws(InternVLError) -> TensorView {
    let (rows, columns) = (stored.shape[0], stored.shape[1])
    var sum = Activations(capacity: rows, columns: columns)
    let weights = stored.rowMajor(rows: rows, columns: columns)
    for row in 0..<rows { weights.copyRow(row, into: &sum, row: row) }
    stored.releasePages()
    for update in updates { try add(update, to: &sum) }
    let source = sum.pointer
    let isBrain16 = stored.type == .bfloat16
    return TensorView(
      name: stored.name, file: stored.file, type: isBrain16 ? .bfloat16 : .float32,
      shape: stored.shape
    ) { target in
      guard isBrain16 else {
        return target.copyMemory(from: source, byteCount: 4 * rows * columns)
      }
      for index in 0..<rows * columns {
        target.storeBytes(
          of: source[index].roundedToBrain16, toByteOffset: 2 * index, as: UInt16.self)
      }
    }
  }

  /// Adds one update, a block of rows at a time.
  private func add(
    _ update: LowRankAdapter.Update, to sum: inout Activations
  ) throws(InternVLError) {
    let (rank, inputs) = (update.down.shape[0], update.down.shape[1])
    let down = try Self.floats(update.down)
    let up = try Self.floats(update.up)
    // The product takes the second matrix by columns.
    let columns = TensorView(
      name: update.down.name, file: update.down.file, type: .float32, shape: [inputs, rank]
    ) { target in
      for input in 0..<inputs {
        for index in 0..<rank {
          target.storeBytes(
            of: down[index * inputs + input], toByteOffset: 4 * (input * rank + index),
            as: Float.self)
        }
      }
    }
    let matrix = columns.rowMajor(rows: inputs, columns: rank)
    let target = update.place.rows ?? 0..<sum.rows
    let first = update.place.moduleRows?.lowerBound ?? 0
    let block = 64
    var factors = Activations(capacity: block, columns: rank)
    var product = Activations(capacity: block, columns: inputs)
    for start in stride(from: 0, to: target.count, by: block) {
      factors.rows = min(block, target.count - start)
      product.rows = factors.rows
      for index in 0..<factors.rows * rank {
        factors.pointer[index] = up[(first + start) * rank + index] * update.scale
      }
      compute.multiply(factors, matrix, bias: nil, into: &product)
      let place = sum.pointer + (target.lowerBound + start) * inputs
      for index in 0..<factors.rows * inputs { place[index] += product.pointer[index] }
    }
  }

  static func view(_ tensor: StoredTensor) throws(InternVLError) -> TensorView {
    do { return try tensor.view() } catch { throw .checkpoint(error) }
  }

  static func floats(_ tensor: StoredTensor) throws(InternVLError) -> [Float] {
    do { return try tensor.view().floats() } catch { throw .checkpoint(error) }
  }
}

extension Float {
  /// The nearest bfloat16, of two equally near ones the even one.
  var roundedToBrain16: UInt16 {
    guard !isNaN else { return 0x7FC0 }
    let bits = bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }
}
