import Checkpoint
import Kernels

/// Turns a checkpoint's tensors into weights, checking every shape and element type.
struct WeightLoader: WeightSource {
  private let checkpoint: CheckpointFolder
  private let language: LanguageConfiguration
  let arithmetic: Arithmetic
  let compute: Compute
  /// Asked before every matrix that is packed or checked.
  let isCancelled: () -> Bool
  /// Matrices that were packed before; the rest is packed into memory.
  var packed: PackedWeights?

  /// Reads from `checkpoint`; `.int8` quantises float matrices to 8 bits while they are loaded.
  init(
    _ checkpoint: CheckpointFolder, _ language: LanguageConfiguration, arithmetic: Arithmetic,
    compute: Compute, isCancelled: @escaping () -> Bool
  ) {
    self.isCancelled = isCancelled
    self.checkpoint = checkpoint
    self.language = language
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

  /// AWQ where the configuration says so, else a float matrix.
  func linearWeight(
    _ name: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> WeightMatrix {
    guard language.storesAWQ(name) else {
      return try matrix(name + ".weight", outputs: outputs, inputs: inputs)
    }
    guard inputs.isMultiple(of: 128), outputs.isMultiple(of: 8) else {
      throw .awqShape(name: name, outputs: outputs, inputs: inputs)
    }
    let layout = QuantizedLayout(rows: outputs, columns: inputs, bits: 4)
    let (bytes, owner) = try packedBytes(.init(name: name, form: .awq(layout)))
    return WeightMatrix(QuantizedMatrix(bytes: bytes, layout: layout, owner: owner))
  }

  /// A matrix `[outputs, inputs]` for products: as stored, or quantised to 8 bits.
  func matrix(_ name: String, outputs: Int, inputs: Int) throws(InternVLError) -> WeightMatrix {
    guard arithmetic == .int8 else {
      return rowMajor(
        try tensor(name, shape: [outputs, inputs]), rows: outputs, columns: inputs)
    }
    let layout = QuantizedLayout(rows: outputs, columns: inputs, bits: 8)
    let (bytes, owner) = try packedBytes(.init(name: name, form: .int8(layout)))
    return WeightMatrix(QuantizedMatrix(bytes: bytes, layout: layout, owner: owner))
  }

  /// The output layer `[outputs, inputs]`: as stored, or 8 bits in two halves.
  func outputLayer(
    _ name: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> OutputWeights {
    guard arithmetic == .int8 else {
      return .rows(
        rowMajor(try tensor(name, shape: [outputs, inputs]), rows: outputs, columns: inputs))
    }
    let layout = ScreenedLayout(rows: outputs, columns: inputs)
    let (bytes, owner) = try packedBytes(.init(name: name, form: .screened(layout)))
    return .screened(ScreenedMatrix(bytes: bytes, layout: layout, owner: owner))
  }

  /// A matrix as stored, for looking rows up.
  func table(_ name: String, rows: Int, columns: Int) throws(InternVLError) -> WeightMatrix {
    let stored = try tensor(name, shape: [rows, columns])
    stored.keepSmallPages()
    return rowMajor(stored, rows: rows, columns: columns)
  }

  /// A packed matrix: of the packed file, or made in memory.
  private func packedBytes(
    _ entry: PackedWeights.Entry
  ) throws(InternVLError) -> (pointer: UnsafeRawPointer, owner: AnyObject?) {
    if let bytes = packed?.bytes(entry) { return bytes }
    let buffer = PackedBuffer(byteCount: entry.byteCount)
    try pack(entry, into: buffer.pointer)
    return (UnsafeRawPointer(buffer.pointer), buffer)
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
    let stored = try tensor(name, shape: [rows, columns])
    let source = rowMajor(stored, rows: rows, columns: columns)
    withExtendedLifetime(source) { body(source) }
    stored.releasePages()
  }

  private func packAWQ(
    _ name: String, _ layout: QuantizedLayout, into target: UnsafeMutableRawPointer
  ) throws(InternVLError) {
    let (rows, columns) = (layout.rows, layout.columns)
    // The gemm order: qweight [inputs, outputs / 8], qzeros and scales one row a group of 128.
    let codes = try tensor(name + ".qweight", shape: [columns, rows / 8], types: [.int32])
    let zeros = try tensor(
      name + ".qzeros", shape: [columns / 128, rows / 8], types: [.int32])
    let scales = try tensor(
      name + ".scales", shape: [columns / 128, rows], types: [.float16])
    // What is not aligned in the file is copied, and the copy must outlive the packing.
    let parts = [codes.contiguous(), zeros.contiguous(), scales.contiguous()]
    withExtendedLifetime(parts) {
      compute.pack(
        awq: parts[0].pointer, zeros: parts[1].pointer, scales: parts[2].pointer,
        layout: layout, into: target)
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
