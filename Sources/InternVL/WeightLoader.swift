import Checkpoint
import Kernels

/// Turns a checkpoint's tensors into weights, checking every shape and element type.
struct WeightLoader: WeightSource {
  private let checkpoint: CheckpointFolder
  private let arithmetic: Arithmetic
  private let compute: Compute

  /// Reads from `checkpoint`; `.int8` quantises float matrices to 8 bits while they are loaded.
  init(_ checkpoint: CheckpointFolder, arithmetic: Arithmetic, compute: Compute) {
    self.checkpoint = checkpoint
    self.arithmetic = arithmetic
    self.compute = compute
  }

  /// Whether a tensor is there.
  func contains(_ name: String) -> Bool { checkpoint.tensors[name] != nil }

  /// A tensor of exactly this shape with floating-point elements.
  func tensor(_ name: String, shape: [Int]) throws(InternVLError) -> TensorView {
    try tensor(name, shape: shape, types: [.float32, .float16, .bfloat16])
  }

  /// A small tensor as float32 values, row-major.
  func vector(_ name: String, shape: [Int]) throws(InternVLError) -> [Float] {
    try floats(tensor(name, shape: shape))
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
    contains(name + ".qweight")
      ? try awqMatrix(name, outputs: outputs, inputs: inputs)
      : try matrix(name + ".weight", outputs: outputs, inputs: inputs)
  }

  /// A matrix `[outputs, inputs]` for products: as stored, or quantised to 8 bits.
  func matrix(_ name: String, outputs: Int, inputs: Int) throws(InternVLError) -> WeightMatrix {
    let stored = try table(name, rows: outputs, columns: inputs)
    guard arithmetic == .int8 else { return stored }
    let layout = QuantizedLayout(rows: outputs, columns: inputs, bits: 8)
    let packed = PackedBuffer(byteCount: layout.byteCount)
    compute.pack(quantizing: stored, layout: layout, into: packed.pointer)
    return WeightMatrix(QuantizedMatrix(bytes: packed.pointer, layout: layout, owner: packed))
  }

  /// A matrix as stored, for looking rows up.
  func table(_ name: String, rows: Int, columns: Int) throws(InternVLError) -> WeightMatrix {
    rowMajor(try tensor(name, shape: [rows, columns]), rows: rows, columns: columns)
  }

  /// AWQ in the gemm order: `qweight` int32 `[inputs, outputs / 8]`, `qzeros` int32
  /// `[inputs / 128, outputs / 8]`, `scales` float16 `[inputs / 128, outputs]`.
  private func awqMatrix(
    _ name: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> WeightMatrix {
    guard inputs.isMultiple(of: 128), outputs.isMultiple(of: 8) else {
      throw .awqShape(name: name, outputs: outputs, inputs: inputs)
    }
    let groups = inputs / 128
    let codes = try tensor(name + ".qweight", shape: [inputs, outputs / 8], types: [.int32])
      .contiguous()
    let zeros = try tensor(name + ".qzeros", shape: [groups, outputs / 8], types: [.int32])
      .contiguous()
    let scales = try tensor(name + ".scales", shape: [groups, outputs], types: [.float16])
      .contiguous()
    let layout = QuantizedLayout(rows: outputs, columns: inputs, bits: 4)
    let packed = PackedBuffer(byteCount: layout.byteCount)
    compute.pack(
      awq: codes.pointer, zeros: zeros.pointer, scales: scales.pointer, layout: layout,
      into: packed.pointer)
    return WeightMatrix(QuantizedMatrix(bytes: packed.pointer, layout: layout, owner: packed))
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
    _ name: String, shape: [Int], types: [ElementType]
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
