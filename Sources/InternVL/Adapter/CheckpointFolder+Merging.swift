package import Checkpoint
package import Foundation
import Kernels

extension CheckpointFolder {
  /// Reads an adapter's folder, and every weight of this checkpoint that it changes or adds to.
  ///
  /// - Returns: how many weights these are.
  /// - Throws: `InternVLError.adapter` and `.checkpoint`, as when a model is loaded with the adapter.
  package func readWeights(
    adaptedBy folder: URL, _ described: Configuration
  ) throws(InternVLError) -> Int {
    let configuration: Configuration
    do { configuration = try described.adapted(to: self) } catch { throw .checkpoint(error) }
    let adapter = try LowRankAdapter(
      folder: folder, configuration: configuration, checkpoint: self)
    let stored = AdaptedWeights(
      checkpoint: self, configuration: configuration, adapters: [adapter],
      compute: Compute(lanes: 1))
    let names = Set(adapter.updates.keys).union(adapter.replacements.keys)
    for name in names {
      guard let shape = matrixShape(name) else { continue }
      let layer = name.dropping(suffix: ".weight") ?? name
      if shape.count == 2,
        configuration.quantization(of: layer)?.keepsCodes(inputs: shape[1]) == true
      {
        _ = try stored.branches(of: layer, outputs: shape[0], inputs: shape[1])
      } else {
        _ = try stored.weight(name, shape: shape)
      }
    }
    return names.count
  }
}
