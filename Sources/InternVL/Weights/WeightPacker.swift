import Checkpoint
import Kernels

/// Packs a checkpoint's matrices for the kernels.
struct WeightPacker {
  private let stored: AdaptedWeights
  /// Asked before every matrix that is packed or checked.
  let isCancelled: () -> Bool

  var compute: Compute { stored.compute }

  init(
    _ stored: AdaptedWeights, isCancelled: @escaping () -> Bool
  ) {
    self.stored = stored
    self.isCancelled = isCancelled
  }

  /// Packs one matrix, unless the caller has cancelled.
  ///
  /// The pages of the stored tensors are given back afterwards, so that loading needs room for
  /// the packed weights and one tensor.
  func pack(
    _ entry: PackedWeights.Entry, into target: UnsafeMutableRawPointer
  ) throws(InternVLError) {
    if isCancelled() { throw .cancelled }
    switch entry.form {
    case .awq(let layout):
      try packAWQ(entry.name, layout, into: target)
    case .words(let layout):
      try packWords(entry.name, layout, into: target)
    case .int8(let layout):
      try withStored(entry.name, layout.rows, layout.columns) {
        compute.pack(quantizing: $0, layout: layout, into: target)
      }
    case .screened(let layout):
      try withStored(entry.name, layout.rows, layout.columns) {
        compute.pack(screening: $0, layout: layout, into: target)
      }
    }
  }

  private func withStored(
    _ name: String, _ rows: Int, _ columns: Int, _ body: (WeightMatrix) -> Void
  ) throws(InternVLError) {
    let tensor = try stored.weight(name, shape: [rows, columns], checked: true)
    let source = tensor.rowMajor(rows: rows, columns: columns)
    withExtendedLifetime(source) { body(source) }
    tensor.releasePages()
  }

  private func packAWQ(
    _ name: String, _ layout: QuantizedLayout, into target: UnsafeMutableRawPointer
  ) throws(InternVLError) {
    let (rows, columns) = (layout.rows, layout.columns)
    // The gemm order: qweight [inputs, outputs / 8], qzeros and scales one row a group of 128.
    let codes = try stored.weight(
      name + ".qweight", shape: [columns, rows / 8], types: [.int32], checked: true)
    let zeros = try stored.weight(
      name + ".qzeros", shape: [columns / 128, rows / 8], types: [.int32], checked: true)
    let scales = try stored.weight(
      name + ".scales", shape: [columns / 128, rows], types: [.float16, .bfloat16],
      checked: true)
    // What is not aligned in the file is copied, and the copy must outlive the packing.
    let parts = [
      codes.contiguous(), zeros.contiguous(), try float16(scales, of: name).contiguous(),
    ]
    withExtendedLifetime(parts) {
      compute.pack(
        awq: parts[0].pointer, zeros: parts[1].pointer, scales: parts[2].pointer,
        layout: layout, into: target)
    }
    for tensor in [codes, zeros, scales] { tensor.releasePages() }
  }

  private func packWords(
    _ name: String, _ layout: QuantizedLayout, into target: UnsafeMutableRawPointer
  ) throws(InternVLError) {
    let words = try stored.words(of: name, outputs: layout.rows, inputs: layout.columns)
    let scales = try float16(words.scales, of: name).contiguous()
    withExtendedLifetime((words, scales)) {
      compute.pack(
        words: words.matrix, scales: scales.pointer, layout: layout, into: target)
    }
    words.releasePages()
  }

  /// Scales as the kernels take them.
  ///
  /// - Throws: `InternVLError.quantized` where a number is too small or too large for float16, which no
  ///   trained model's is, or too long.
  private func float16(
    _ scales: TensorView, of name: String
  ) throws(InternVLError) -> TensorView {
    guard scales.type != .float16 else { return scales }
    let values: [Float]
    do { values = try scales.floats() } catch { throw .checkpoint(error) }
    guard values.allSatisfy({ Float(Float16($0)) == $0 }) else {
      throw .quantized(layer: name, .scale)
    }
    return TensorView(
      name: scales.name, file: scales.file, type: .float16, shape: scales.shape
    ) { target in
      for (index, value) in values.enumerated() {
        target.storeBytes(
          of: Float16(value).bitPattern, toByteOffset: 2 * index, as: UInt16.self)
      }
    }
  }
}
