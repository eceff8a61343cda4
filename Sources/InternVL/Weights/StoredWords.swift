import Checkpoint
import Kernels

/// The tensors of a layer that compressed-tensors stores in 4 bits.
struct StoredWords {
  let words, scales: TensorView
  let zeros: TensorView?
  /// The codes and zero points; valid while the tensors live.
  let matrix: WordMatrix

  /// Gives back the memory that reading them took.
  func releasePages() {
    for tensor in [words, scales, zeros] { tensor?.releasePages() }
  }
}

extension AdaptedWeights {
  /// Reads what `layer.weight_packed` and its neighbours hold.
  ///
  /// - Throws: `InternVLError.quantized` where the sizes do not go together or the inputs are in another
  ///   order, `.checkpoint` for tensors that are missing or different.
  func words(
    of layer: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> StoredWords {
    guard let quantization = configuration.quantization(of: layer),
      let groups = quantization.groups(inputs: inputs), inputs.isMultiple(of: 8)
    else {
      let group = configuration.language.quantization?.groupSize
      throw .quantized(
        layer: layer, .size(outputs: outputs, inputs: inputs, multiples: [1, group ?? 8]))
    }
    guard !contains(layer + ".weight_g_idx") else { throw .quantized(layer: layer, .order) }
    // What is not aligned in the file is copied, and the copy lives as long as the result.
    func integers(_ suffix: String, _ shape: [Int]) throws(InternVLError) -> TensorView {
      try checkpoint.weight(
        layer + suffix, shape: shape, types: [.int32], checkedOn: compute
      ).contiguous()
    }
    let words = try integers(".weight_packed", [outputs, inputs / 8])
    let scales = try checkpoint.weight(
      layer + ".weight_scale", shape: [outputs, groups], checkedOn: compute)
    let zeros =
      quantization.hasZeroPoints
      ? try integers(".weight_zero_point", [(outputs + 7) / 8, groups]) : nil
    return StoredWords(
      words: words, scales: scales, zeros: zeros,
      matrix: WordMatrix(
        words: words.pointer, zeros: zeros?.pointer, rows: outputs, columns: inputs,
        groupColumns: inputs / groups))
  }

  /// The weights that a layer's codes stand for, in float32; nil where it is not stored so.
  func unpacked(_ name: String, shape: [Int]) throws(InternVLError) -> TensorView? {
    guard shape.count == 2, let layer = name.dropping(suffix: ".weight"),
      configuration.quantization(of: layer)?.format == .compressedTensors
    else { return nil }
    let words = try words(of: layer, outputs: shape[0], inputs: shape[1])
    let scales: [Float]
    do { scales = try words.scales.floats() } catch { throw .checkpoint(error) }
    defer { words.releasePages() }
    return withExtendedLifetime(words) {
      TensorView(name: name, file: words.words.file, type: .float32, shape: shape) {
        compute.unpack(
          words: words.matrix, scales: scales,
          into: $0.bindMemory(to: Float.self, capacity: shape[0] * shape[1]))
      }
    }
  }
}
