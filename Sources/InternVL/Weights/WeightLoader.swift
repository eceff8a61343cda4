import Checkpoint
import Kernels

/// Turns a checkpoint's tensors into weights, checking every shape and element type.
struct WeightLoader: WeightSource {
  private let stored: AdaptedWeights
  private let configuration: Configuration
  private let arithmetic: Arithmetic
  private let packed: PackedWeights?
  private let packer: WeightPacker

  /// Reads from `stored`; `.int8` quantises float matrices to 8 bits while they are loaded.
  ///
  /// What `packed` does not hold is packed into memory by `packer`.
  init(
    _ stored: AdaptedWeights, _ configuration: Configuration, arithmetic: Arithmetic,
    packed: PackedWeights?, packer: WeightPacker
  ) {
    self.stored = stored
    self.configuration = configuration
    self.arithmetic = arithmetic
    self.packed = packed
    self.packer = packer
  }

  /// Whether a tensor is there.
  func contains(_ name: String) -> Bool { stored.contains(name) }

  /// A small tensor as float32 values, row-major.
  ///
  /// What was read is given back: small tensors lie everywhere in a file, and each would keep a huge
  /// page.
  func vector(_ name: String, shape: [Int]) throws(InternVLError) -> [Float] {
    let tensor = try stored.weight(name, shape: shape)
    defer { tensor.releasePages() }
    do { return try tensor.floats() } catch { throw .checkpoint(error) }
  }

  /// A convolution whose stride is its size, as the matrix `[outputs, channels · side · side]`.
  func convolutionWeight(
    _ name: String, outputs: Int, channels: Int, side: Int
  ) throws(InternVLError) -> WeightMatrix {
    try stored.weight(name, shape: [outputs, channels, side, side])
      .rowMajor(rows: outputs, columns: channels * side * side)
  }

  /// Codes of 4 bits where they are stored and the kernels have their groups, else a float matrix.
  func linearWeight(
    _ name: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> WeightMatrix {
    guard let quantization = configuration.quantization(of: name),
      quantization.keepsCodes(inputs: inputs)
    else { return try matrix(name + ".weight", outputs: outputs, inputs: inputs) }
    let layout = QuantizedLayout(rows: outputs, columns: inputs, bits: 4)
    let form: PackedWeights.Entry.Form
    switch quantization.format {
    case .awq:
      guard inputs.isMultiple(of: 128), outputs.isMultiple(of: 8) else {
        throw .quantized(
          layer: name, .size(outputs: outputs, inputs: inputs, multiples: [8, 128]))
      }
      form = .awq(layout)
    case .compressedTensors: form = .words(layout)
    }
    let (bytes, owner) = try packedBytes(.init(name: name, form: form))
    return WeightMatrix(QuantizedMatrix(bytes: bytes, layout: layout, owner: owner))
  }

  /// What adapters add to a layer whose codes are kept; they are merged into all other weights.
  func branches(
    of name: String, outputs: Int, inputs: Int
  ) throws(InternVLError) -> [LowRankBranch] {
    guard let quantization = configuration.quantization(of: name),
      quantization.keepsCodes(inputs: inputs)
    else { return [] }
    return try stored.branches(of: name, outputs: outputs, inputs: inputs)
  }

  /// A matrix `[outputs, inputs]` for products: as stored, or quantised to 8 bits.
  func matrix(_ name: String, outputs: Int, inputs: Int) throws(InternVLError) -> WeightMatrix {
    guard arithmetic == .int8 else {
      return try stored.weight(name, shape: [outputs, inputs])
        .rowMajor(rows: outputs, columns: inputs)
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
        try stored.weight(name, shape: [outputs, inputs])
          .rowMajor(rows: outputs, columns: inputs))
    }
    let layout = ScreenedLayout(rows: outputs, columns: inputs)
    let (bytes, owner) = try packedBytes(.init(name: name, form: .screened(layout)))
    return .screened(ScreenedMatrix(bytes: bytes, layout: layout, owner: owner))
  }

  /// A matrix as stored, for looking rows up.
  func table(_ name: String, rows: Int, columns: Int) throws(InternVLError) -> WeightMatrix {
    let tensor = try stored.weight(name, shape: [rows, columns])
    tensor.keepSmallPages()
    return tensor.rowMajor(rows: rows, columns: columns)
  }

  /// A packed matrix: of the packed file, or made in memory.
  private func packedBytes(
    _ entry: PackedWeights.Entry
  ) throws(InternVLError) -> (pointer: UnsafeRawPointer, owner: AnyObject?) {
    if let bytes = packed?.bytes(entry) { return bytes }
    let buffer = PackedBuffer(byteCount: entry.byteCount)
    try packer.pack(entry, into: buffer.pointer)
    return (UnsafeRawPointer(buffer.pointer), buffer)
  }
}
