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
      /// The codes of an AWQ matrix: packed to 4 bits.
      case awq
      /// The codes of a compressed-tensors matrix: packed to 4 bits.
      case words
      /// The same where the kernels do not have its groups: a float32 matrix in products.
      case unpackedWords
      /// Scales and zero points: parts of what becomes of the codes.
      case constants
    }

    package let name: String
    package let shape: [Int]
    package let type: ElementType
    package let use: Use

    /// Bytes in the file.
    package var byteCount: Int { shape.reduce(type.byteCount, *) }
  }

  package let tensors: [Tensor]
  private let configuration: Configuration

  /// Bytes of all tensors in the files.
  package var storedBytes: Int { tensors.reduce(0) { $0 + $1.byteCount } }

  /// Plans the networks of a configuration.
  ///
  /// `type` is how float tensors are stored: bfloat16, or float16 in AWQ repositories, which are as
  /// large.
  package init(
    _ configuration: Configuration, type: ElementType = .bfloat16
  ) throws(InternVLError) {
    self.configuration = configuration
    let source = PlanSource(configuration, type: type)
    _ = try VisionWeights(source, configuration.vision, configuration.names.vision)
    _ = try ProjectorWeights(source, configuration)
    _ = try LanguageWeights(source, configuration)
    tensors = source.tensors
  }

  private static let floatBytes = 4

  /// Bytes of the weights in memory; with `.int8`, float matrices in products take 8 bits.
  package func residentBytes(_ arithmetic: Arithmetic) -> Int {
    var bytes = 0
    for tensor in tensors {
      if let form = tensor.packedForm(arithmetic) {
        bytes += PackedWeights.Entry(name: tensor.name, form: form).byteCount
        continue
      }
      switch tensor.use {
      case .vector: bytes += Self.floatBytes * tensor.byteCount / tensor.type.byteCount
      case .table, .matrix, .output: bytes += tensor.byteCount
      case .unpackedWords: bytes += 8 * Self.floatBytes * tensor.byteCount / tensor.type.byteCount
      case .awq, .words, .constants: break
      }
    }
    return bytes
  }
}

/// The memory that a model takes while it answers, in bytes.
package struct MemoryNeed: Sendable, Equatable {
  /// Weights, as they are kept in memory.
  package let weightBytes: Int
  /// Keys and values of every position that conversations may have together.
  package let cacheBytes: Int
  /// Scratch of the networks, a picture's tiles, and the remembered rows of pictures.
  package let activationBytes: Int

  package var totalBytes: Int { weightBytes + cacheBytes + activationBytes }
}

extension ModelPlan {
  /// What the model takes that is loaded with these options, and answers about a picture of as many
  /// tiles as it may have.
  ///
  /// `maxTiles` replaces the model's own maximum.
  package func memory(_ options: ModelOptions, maxTiles: Int? = nil) -> MemoryNeed {
    let arithmetic = Arithmetic(options.precision ?? .usual(for: configuration))
    let language = configuration.language
    return MemoryNeed(
      weightBytes: residentBytes(arithmetic) + branchBytes(options),
      cacheBytes: SequenceState.cacheBytes(
        language, count: options.sharedCacheLength, format: arithmetic.cacheFormat),
      activationBytes: VisionTower.scratchBytes(configuration.vision, arithmetic: arithmetic)
        + Projector.scratchBytes(configuration, arithmetic: arithmetic)
        + LanguageModel.scratchBytes(
          language, arithmetic: arithmetic, rows: VisionLanguageModel.passRows(options),
          sequences: options.sequences)
        + PictureEncoder.pictureBytes(
          configuration, tiles: configuration.mostTiles(limit: maxTiles)))
  }
}

extension ModelPlan {
  /// Bytes of an adapter that is kept beside codes, at most; 0 where it is merged into floats.
  private func branchBytes(_ options: ModelOptions) -> Int {
    guard configuration.language.quantization != nil, let folder = options.adapter else { return 0 }
    return LowRankAdapter.branchBytes(of: folder)
  }
}

/// Writes down what is asked for and hands out weights that must not be used.
private final class PlanSource: WeightSource {
  private let configuration: Configuration
  private let type: ElementType
  private(set) var tensors: [ModelPlan.Tensor] = []
  private var names: Set<String> = []

  init(_ configuration: Configuration, type: ElementType) {
    self.configuration = configuration
    self.type = type
  }

  /// Optional biases are left out.
  func contains(_ name: String) -> Bool { false }

  func vector(_ name: String, shape: [Int]) -> [Float] {
    record(name, shape, .vector)
    return []
  }

  func linearWeight(_ name: String, outputs: Int, inputs: Int) -> WeightMatrix {
    guard let quantization = configuration.quantization(of: name) else {
      return matrix(name + ".weight", outputs: outputs, inputs: inputs)
    }
    let groups = quantization.groups(inputs: inputs) ?? 1
    switch quantization.format {
    case .awq:
      record(name + ".qweight", [inputs, outputs / 8], .awq, type: .int32)
      record(name + ".qzeros", [groups, outputs / 8], .constants, type: .int32)
      record(name + ".scales", [groups, outputs], .constants)
    case .compressedTensors:
      record(
        name + ".weight_packed", [outputs, inputs / 8],
        quantization.keepsCodes(inputs: inputs) ? .words : .unpackedWords, type: .int32)
      record(name + ".weight_scale", [outputs, groups], .constants)
      if quantization.hasZeroPoints {
        record(
          name + ".weight_zero_point", [(outputs + 7) / 8, groups], .constants, type: .int32)
      }
    }
    return placeholder(outputs, inputs)
  }

  /// An adapter's are no part of the plan.
  func branches(of name: String, outputs: Int, inputs: Int) -> [LowRankBranch] { [] }

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
