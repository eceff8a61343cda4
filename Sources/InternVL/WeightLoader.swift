import Checkpoint
import Kernels

/// Turns a checkpoint's tensors into weights, checking every shape and element type.
struct WeightLoader: WeightSource {
  private let checkpoint: CheckpointFolder
  private let arithmetic: Arithmetic
  private let compute: Compute
  /// Matrices that were packed before; the rest is packed into memory.
  var packed: PackedWeights?

  /// Reads from `checkpoint`; `.int8` quantises float matrices to 8 bits while they are loaded.
  init(_ checkpoint: CheckpointFolder, arithmetic: Arithmetic, compute: Compute) {
    self.checkpoint = checkpoint
    self.arithmetic = arithmetic
    self.compute = compute
  }

  /// Whether a tensor is there.
  func contains(_ name: String) -> Bool { checkpoint.tensors[name] != nil }

  /// A small tensor as float32 values, row-major.
  ///
  /// What was read is given back: small tensors lie everywhere in a file, and each would keep a huge
  /// page.
  func vector(_ name: String, shape: [Int]) throws(InternVLError) -> [Float] {
    let stored = try tensor(name, shape: shape)
    let values = try floats(stored)
    stored.releasePages()
    return values
  }

  /// A convolution whose stride is its size, as the matrix `[outputs, channels · side · side]`.
  func convolutionWeight(
    _ name: String, outputs: Int, channels: Int, side: Int
  ) throws(InternVLError) -> WeightMatrix {
    rowMajor(
      try tensor(name, shape: [outputs, channels, side, side]),
      rows: outputs, columns: channels * side * side)
  }

  /// AWQ where the checkpoint has `.qweight`, else a float matrix.
  func linearWeight(
    _ name: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> WeightMatrix {
    guard contains(name + ".qweight") else {
      return try matrix(name + ".weight", outputs: outputs, inputs: inputs)
    }
    guard inputs.isMultiple(of: 128), outputs.isMultiple(of: 8) else {
      throw .awqShape(name: name, outputs: outputs, inputs: inputs)
    }
    return try packedMatrix(
      .init(name: name, layout: QuantizedLayout(rows: outputs, columns: inputs, bits: 4)))
  }

  /// A matrix `[outputs, inputs]` for products: as stored, or quantised to 8 bits.
  func matrix(_ name: String, outputs: Int, inputs: Int) throws(InternVLError) -> WeightMatrix {
    guard arithmetic == .int8 else {
      return rowMajor(
        try tensor(name, shape: [outputs, inputs]), rows: outputs, columns: inputs)
    }
    return try packedMatrix(
      .init(name: name, layout: QuantizedLayout(rows: outputs, columns: inputs, bits: 8)))
  }

  /// A matrix as stored, for looking rows up.
  func table(_ name: String, rows: Int, columns: Int) throws(InternVLError) -> WeightMatrix {
    let stored = try tensor(name, shape: [rows, columns])
    stored.keepSmallPages()
    return rowMajor(stored, rows: rows, columns: columns)
  }

  private func packedMatrix(_ entry: PackedWeights.Entry) throws(InternVLError) -> WeightMatrix {
    if let matrix = packed?.matrix(entry.name, layout: entry.layout) { return WeightMatrix(matrix) }
    let buffer = PackedBuffer(byteCount: entry.layout.byteCount)
    try pack(entry, into: buffer.pointer)
    return WeightMatrix(
      QuantizedMatrix(bytes: buffer.pointer, layout: entry.layout, owner: buffer))
  }

  /// Packs one matrix: AWQ's 4 bits as they are, a float matrix quantised to 8.
  ///
  /// The pages of the stored tensors are given back afterwards, so that loading needs room for
  /// the packed weights and one tensor.
  func pack(
    _ entry: PackedWeights.Entry, into target: UnsafeMutableRawPointer
  ) throws(InternVLError) {
    let (rows, columns) = (entry.layout.rows, entry.layout.columns)
    guard entry.layout.bits == 4 else {
      let stored = try tensor(entry.name, shape: [rows, columns])
      let source = rowMajor(stored, rows: rows, columns: columns)
      withExtendedLifetime(source) {
        compute.pack(quantizing: source, layout: entry.layout, into: target)
      }
      return stored.releasePages()
    }
    // The gemm order: qweight [inputs, outputs / 8], qzeros and scales one row a group of 128.
    let codes = try tensor(entry.name + ".qweight", shape: [columns, rows / 8], types: [.int32])
    let zeros = try tensor(
      entry.name + ".qzeros", shape: [columns / 128, rows / 8], types: [.int32])
    let scales = try tensor(
      entry.name + ".scales", shape: [columns / 128, rows], types: [.float16])
    // What is not aligned in the file is copied, and the copy must outlive the packing.
    let parts = [codes.contiguous(), zeros.contiguous(), scales.contiguous()]
    withExtendedLifetime(parts) {
      compute.pack(
        awq: parts[0].pointer, zeros: parts[1].pointer, scales: parts[2].pointer,
        layout: entry.layout, into: target)
    }
    for tensor in [codes, zeros, scales] { tensor.releasePages() }
  }

  private func floats(_ tensor: TensorView) throws(InternVLError) -> [Float] {
    do { return try tensor.floats() } catch { throw .checkpoint(error) }
  }

  private func rowMajor(_ tensor: TensorView, rows: Int, columns: Int) -> WeightMatrix {
    let view = tensor.contiguous()
    return WeightMatrix(
      rowMajor: view.pointer, type: view.type, rows: rows, columns: columns, owner: view.owner)
  }

  private func tensor(
    _ name: String, shape: [Int], types: [ElementType] = [.float32, .float16, .bfloat16]
  ) throws(InternVLError) -> TensorView {
    do {
      let view = try checkpoint.tensor(named: name, shape: shape)
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
