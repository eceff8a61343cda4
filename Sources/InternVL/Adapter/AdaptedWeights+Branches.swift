import Checkpoint
import Kernels

extension AdaptedWeights {
  /// What the adapters add to a layer, to be computed beside its product.
  func branches(
    of layer: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> [LowRankBranch] {
    var branches: [LowRankBranch] = []
    for update in adapters.flatMap({ $0.updates[layer + ".weight"] ?? [] }) {
      let rank = update.down.shape[0]
      let range = update.place.rows ?? 0..<outputs
      let first = update.place.moduleRows?.lowerBound ?? 0
      guard update.down.shape[1] == inputs, range.upperBound <= outputs,
        first + range.count <= update.up.shape[0]
      else {
        throw .checkpoint(
          CheckpointError.wrongShape(
            file: update.down.file, tensor: update.down.name, expected: [rank, inputs],
            found: update.down.shape))
      }
      let up = try Self.floats(update.up)
      branches.append(
        LowRankBranch(
          down: try Self.view(update.down).rowMajor(rows: rank, columns: inputs),
          up: (0..<rank).flatMap { index in
            (first..<first + range.count).map { update.scale * up[$0 * rank + index] }
          },
          outputs: range))
    }
    return branches
  }
}
