package import Kernels

/// Every tensor that a configuration asks for, by name and shape, without any weights.
package struct ModelPlan {
  /// One stored tensor.
  package struct Tensor: Sendable, Equatable {
    /// How the tensor is used, which decides the form it has in memory.
    package enum Use: Sendable {
      /// Norms, biases, embeddings of positions: kept as float32.
      case vector
      /// A float matrix in products: as stored, or 8 bits when the arithmetic is int8.
      case matrix
      /// The output layer: as stored, or 8 bits in two halves when the arithmetic is int8.
      case output
      /// A float matrix whose rows are looked up, or the patch convolution: as stored.
      case table
      /// A part of an AWQ matrix: packed to 4 bits.
      case awq
    }

    package let name: String
    package let shape: [Int]
    package let type: ElementType
    package let use: Use

    /// Bytes in the file.
    package var byteCount: Int { shape.reduce(type.byteCount, *) }
  }

  package let tensors: [Tensor]

  /// Bytes of all tensors in the files.
  package var storedBytes: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// Plans the networks of a configuration.
  ///
  /// `type` is how float tensors are stored: bfloat16, or float16 in AWQ repositories.
  package init(_ configuration: Configuration, type: ElementType) throws(InternVLError) {
    let source = PlanSource(configuration.language, type: type)
    _ = try VisionWeights(source, configuration.vision)
    _ = try ProjectorWeights(source, configuration)
    _ = try LanguageWeights(source, configuration.language)
    tensors = source.tensors
  }

  /// Bytes of the weights in memory; with `.int8`, float matrices in products take 8 bits.
  package func residentBytes(_ arithmetic: Arithmetic) -> Int {
    var bytes = 0
    for tensor in tensors {
      if let form = tensor.packedForm(arithmetic) {
        bytes += PackedWeights.Entry(name: tensor.name, form: form).byteCount
        continue
      }
      switch tensor.use {
      case .vector: bytes += 4 * tensor.byteCount / tensor.type.byteCount
      case .table, .matrix, .output: bytes += tensor.byteCount
      case .awq: break  // Zeros and scales are part of the packed blocks.
      }
    }
    return bytes
  }
}

/// Writes down what is asked for and hands out weights that must not be used.
private final class PlanSource: WeightSource {
  private let language: LanguageConfiguration
  private let type: ElementType
  private(set) var tensors: [ModelPlan.Tensor] = []
  private var names: Set<String> = []

  init(_ language: LanguageConfiguration, type: ElementType) {
    self.language = language
    self.type = type
  }

  /// Optional biases are left out.
  func contains(_ name: String) -> Bool { false }

  func vector(_ name: String, shape: [Int]) -> [Float] {
    record(name, shape, .vector)
    return []
  }

  func linearWeight(_ name: String, outputs: Int, inputs: Int) -> WeightMatrix {
    guard language.storesAWQ(name) else {
      return matrix(name + ".weight", outputs: outputs, inputs: inputs)
    }
    record(name + ".qweight", [inputs, outputs / 8], .awq, type: .int32)
    record(name + ".qzeros", [inputs / 128, outputs / 8], .awq, type: .int32)
    record(name + ".scales", [inputs / 128, outputs], .awq)
    return placeholder(outputs, inputs)
  }

  func matrix(_ name: String, outputs: Int, inputs: Int) -> WeightMatrix {
    record(name, [outputs, inputs], .matrix)
    return placeholder(outputs, inputs)
  }

  func outputLayer(_ name: String, outputs: Int, inputs: Int) -> OutputWeights {
    record(name, [outputs, inputs], .output)
    return .rows(placeholder(outputs, inputs))
  }

  func table(_ name: String, rows: Int, columns: Int) -> WeightMatrix {
    record(name, [rows, columns], .table)
    return placeholder(rows, columns)
  }

  func convolutionWeight(
    _ name: String, outputs: Int, channels: Int, side: Int
  ) -> WeightMatrix {
    record(name, [outputs, channels, side, side], .table)
    return placeholder(outputs, channels * side * side)
  }

  private func record(
    _ name: String, _ shape: [Int], _ use: ModelPlan.Tensor.Use, type: ElementType? = nil
  ) {
    // A tied output layer asks for the embedding a second time.
    guard names.insert(name).inserted else { return }
    tensors.append(.init(name: name, shape: shape, type: type ?? self.type, use: use))
  }

  /// A matrix with dimensions but without memory.
  private func placeholder(_ rows: Int, _ columns: Int) -> WeightMatrix {
    WeightMatrix(
      rowMajor: UnsafeRawPointer(bitPattern: 64)!, type: type, rows: rows, columns: columns,
      owner: nil)
  }
}
