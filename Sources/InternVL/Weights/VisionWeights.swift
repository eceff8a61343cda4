import Kernels

/// The vision tower's tensors, named as in the checkpoint.
struct VisionWeights {
  struct Block {
    let norm1: NormWeights
    let qkv: FusedLinear
    /// Weights of the RMS norms over all of q and all of k (InternViT-6B only), `[hidden]` each.
    let qkNorm: (query: [Float], key: [Float])?
    let projection: FusedLinear
    /// Layer scales, `[hidden]`: multiply a branch before it joins the residual stream.
    let scale1, scale2: [Float]
    let norm2: NormWeights
    let fc1, fc2: FusedLinear

    var products: [FusedLinear] { [qkv, projection, fc1, fc2] }
  }

  /// `[hidden, 3 · patch · patch]`: the patch convolution as a matrix, and its bias.
  let patchEmbedding: Linear
  /// `[hidden]`.
  let classEmbedding: [Float]
  /// `[1 + patches, hidden]`.
  let positionEmbedding: [Float]
  let blocks: [Block]

  init(
    _ loader: some WeightSource, _ configuration: VisionConfiguration, _ names: VisionNames
  ) throws(InternVLError) {
    let hidden = configuration.hidden
    patchEmbedding = try loader.convolution(
      names.patchEmbedding, outputs: hidden, channels: 3, side: configuration.patchSize)
    classEmbedding = try loader.vector(names.classEmbedding, shape: [1, 1, hidden])
    positionEmbedding = try loader.vector(
      names.positionEmbedding, shape: [1, configuration.positions, hidden])
    var blocks: [Block] = []
    for layer in 0..<configuration.layers {
      blocks.append(
        try Self.block(loader, "\(names.blocks)\(layer).", configuration, names))
    }
    self.blocks = blocks
  }

  private static func block(
    _ loader: some WeightSource, _ name: String, _ configuration: VisionConfiguration,
    _ names: VisionNames
  ) throws(InternVLError) -> Block {
    let hidden = configuration.hidden
    let inner = configuration.intermediate
    let isLayerNorm = configuration.norm == .layerNorm
    let norms =
      configuration.normalizesQK
      ? (
        query: try loader.vector("\(name)\(names.queryNorm).weight", shape: [hidden]),
        key: try loader.vector("\(name)\(names.keyNorm).weight", shape: [hidden])
      ) : nil
    var qkv: [Linear] = []
    for part in names.qkv {
      qkv.append(
        try loader.linear(
          name + part, outputs: 3 * hidden / names.qkv.count, inputs: hidden,
          bias: configuration.hasQKVBias ? .required : .absent))
    }
    return Block(
      norm1: try loader.norm(name + names.norm1, width: hidden, hasBias: isLayerNorm),
      qkv: FusedLinear(qkv),
      qkNorm: norms,
      projection: FusedLinear(
        try loader.linear(name + names.projection, outputs: hidden, inputs: hidden, bias: .required)
      ),
      scale1: try loader.vector(name + names.scale1, shape: [hidden]),
      scale2: try loader.vector(name + names.scale2, shape: [hidden]),
      norm2: try loader.norm(name + names.norm2, width: hidden, hasBias: isLayerNorm),
      fc1: FusedLinear(
        try loader.linear(name + "mlp.fc1", outputs: inner, inputs: hidden, bias: .required)),
      fc2: FusedLinear(
        try loader.linear(name + "mlp.fc2", outputs: hidden, inputs: inner, bias: .required)))
  }
}

extension VisionWeights {
  /// Whether all norms of q and k are ones, as where a conversion has lost them.
  var hasLostNorms: Bool {
    blocks.allSatisfy { block in
      block.qkNorm.map { ($0.query + $0.key).allSatisfy { $0 == 1 } } ?? false
    }
  }
}

/// The projector's tensors: LayerNorm, linear, GELU, linear.
struct ProjectorWeights {
  let norm: NormWeights
  let fc1, fc2: FusedLinear

  init(_ loader: some WeightSource, _ configuration: Configuration) throws(InternVLError) {
    let inputs = configuration.joinedPatchWidth
    let hidden = configuration.language.hidden
    norm = try loader.norm(configuration.names.projector.norm, width: inputs, hasBias: true)
    fc1 = FusedLinear(
      try loader.linear(
        configuration.names.projector.fc1, outputs: hidden, inputs: inputs, bias: .required))
    fc2 = FusedLinear(
      try loader.linear(
        configuration.names.projector.fc2, outputs: hidden, inputs: hidden, bias: .required))
  }
}
