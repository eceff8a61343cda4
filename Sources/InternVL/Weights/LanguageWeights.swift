import Kernels

/// The language model's tensors, named as in the checkpoint.
struct LanguageWeights {
  struct Layer {
    let attentionNorm: NormWeights
    let qkv: FusedLinear
    /// Weights of the RMS norms of each head of q and k (Qwen3 only), `[headWidth]` each.
    let headNorm: (query: [Float], key: [Float])?
    let attentionOutput: FusedLinear
    let feedForwardNorm: NormWeights
    let gateUp: FusedLinear
    let down: FusedLinear
  }

  /// `[vocabulary, hidden]`, for looking rows up.
  let embedding: WeightMatrix
  let layers: [Layer]
  let norm: NormWeights
  /// `[vocabulary, hidden]`; the embedding where the configuration ties them.
  let output: OutputWeights

  /// All matrices of the layers.
  var products: [FusedLinear] {
    layers.flatMap { [$0.qkv, $0.attentionOutput, $0.gateUp, $0.down] }
  }

  init(_ loader: some WeightSource, _ model: Configuration) throws(InternVLError) {
    let configuration = model.language
    let names = DecoderNames.table(configuration.architecture)
    let prefix = model.names.decoder
    let embeddingName = "\(prefix)\(names.embedding).weight"
    let (vocabulary, hidden) = (configuration.vocabulary, configuration.hidden)
    embedding = try loader.table(embeddingName, rows: vocabulary, columns: hidden)
    var layers: [Layer] = []
    for layer in 0..<configuration.layers {
      layers.append(
        try Self.layer(loader, names, "\(prefix)layers.\(layer).", configuration))
    }
    self.layers = layers
    norm = try loader.norm(prefix + "norm", width: hidden, hasBias: false)
    let outputName =
      configuration.isTied ? embeddingName : configuration.outputName(model.names)
    output = try loader.outputLayer(outputName, outputs: vocabulary, inputs: hidden)
  }

  private static func layer(
    _ loader: some WeightSource, _ names: DecoderNames, _ prefix: String,
    _ configuration: LanguageConfiguration
  ) throws(InternVLError) -> Layer {
    let hidden = configuration.hidden
    let inner = configuration.intermediate
    let queries = configuration.heads * configuration.headWidth
    let keys = configuration.keyValueHeads * configuration.headWidth
    func linear(
      _ name: String, _ outputs: Int, _ inputs: Int, _ bias: BiasRule = .ifPresent
    ) throws(InternVLError) -> Linear {
      try loader.linear(prefix + name, outputs: outputs, inputs: inputs, bias: bias)
    }
    let bias: BiasRule = configuration.requiresQKVBias ? .required : .ifPresent
    let qkv =
      switch configuration.architecture {
      case .qwen2, .qwen3, .llama, .internLM3:
        FusedLinear(
          try linear("self_attn.q_proj", queries, hidden, bias),
          try linear("self_attn.k_proj", keys, hidden, bias),
          try linear("self_attn.v_proj", keys, hidden, bias))
      case .internLM2:
        FusedLinear(try linear("attention.wqkv", queries + 2 * keys, hidden))
      }
    let headNorm =
      configuration.normalizesHeads
      ? (
        query: try loader.vector(
          prefix + "self_attn.q_norm.weight", shape: [configuration.headWidth]),
        key: try loader.vector(prefix + "self_attn.k_norm.weight", shape: [configuration.headWidth])
      ) : nil
    return Layer(
      attentionNorm: try loader.norm(prefix + names.attentionNorm, width: hidden, hasBias: false),
      qkv: qkv, headNorm: headNorm,
      attentionOutput: FusedLinear(try linear(names.attentionOutput, hidden, queries)),
      feedForwardNorm: try loader.norm(
        prefix + names.feedForwardNorm, width: hidden, hasBias: false),
      gateUp: FusedLinear(
        try linear(names.gate, inner, hidden), try linear(names.up, inner, hidden)),
      down: FusedLinear(try linear(names.down, hidden, inner)))
  }
}

extension LanguageConfiguration {
  /// Where the heads stand in a fused q, k, v row.
  ///
  /// InternLM2 groups the rows of `wqkv` by key/value head: its query heads, its key, its value.
  var headLayout: HeadLayout {
    let queriesPerKey = heads / keyValueHeads
    switch architecture {
    case .qwen2, .qwen3, .llama, .internLM3:
      return HeadLayout(
        headWidth: headWidth,
        queryColumns: (0..<heads).map { $0 * headWidth },
        keyColumns: (0..<keyValueHeads).map { (heads + $0) * headWidth },
        valueColumns: (0..<keyValueHeads).map { (heads + keyValueHeads + $0) * headWidth })
    case .internLM2:
      let block = (queriesPerKey + 2) * headWidth
      return HeadLayout(
        headWidth: headWidth,
        queryColumns: (0..<heads).map {
          $0 / queriesPerKey * block + $0 % queriesPerKey * headWidth
        },
        keyColumns: (0..<keyValueHeads).map { $0 * block + queriesPerKey * headWidth },
        valueColumns: (0..<keyValueHeads).map { $0 * block + (queriesPerKey + 1) * headWidth })
    }
  }
}
