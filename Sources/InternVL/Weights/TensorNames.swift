/// What a layout calls a checkpoint's tensors.
struct TensorNames: Sendable, Equatable {
  /// What the decoder's names begin with.
  let decoder: String
  /// What the name of the output layer begins with.
  let output: String
  var vision: VisionNames
  let projector: ProjectorNames

  /// OpenGVLab's repositories.
  static let openGVLab = TensorNames(
    decoder: "language_model.model.", output: "language_model.", vision: .openGVLab,
    projector: ProjectorNames(norm: "mlp1.0", fc1: "mlp1.1", fc2: "mlp1.3"))

  /// What transformers writes, whichever version.
  static let transformers = TensorNames(
    decoder: "language_model.model.", output: "language_model.", vision: .transformers(""),
    projector: .transformers(""))

  /// The names of transformers' modules since version 4.52, which some trainers write.
  static let transformersModules = TensorNames(
    decoder: "model.language_model.", output: "", vision: .transformers("model."),
    projector: .transformers("model."))
}

/// What a layout calls the vision tower's tensors.
struct VisionNames: Sendable, Equatable {
  let classEmbedding, positionEmbedding, patchEmbedding: String
  /// What a block's names begin with, before its number.
  let blocks: String
  /// Within a block: q, k and v in one matrix, or three.
  let qkv: [String]
  var queryNorm, keyNorm: String
  let projection, norm1, norm2, scale1, scale2: String

  static let openGVLab = VisionNames(
    classEmbedding: "vision_model.embeddings.class_embedding",
    positionEmbedding: "vision_model.embeddings.position_embedding",
    patchEmbedding: "vision_model.embeddings.patch_embedding",
    blocks: "vision_model.encoder.layers.", qkv: ["attn.qkv"], queryNorm: "attn.q_norm",
    keyNorm: "attn.k_norm", projection: "attn.proj", norm1: "norm1", norm2: "norm2",
    scale1: "ls1", scale2: "ls2")

  static func transformers(_ prefix: String) -> VisionNames {
    VisionNames(
      classEmbedding: prefix + "vision_tower.embeddings.cls_token",
      positionEmbedding: prefix + "vision_tower.embeddings.position_embeddings",
      patchEmbedding: prefix + "vision_tower.embeddings.patch_embeddings.projection",
      blocks: prefix + "vision_tower.encoder.layer.",
      qkv: ["attention.q_proj", "attention.k_proj", "attention.v_proj"],
      queryNorm: "attention.q_norm", keyNorm: "attention.k_norm",
      projection: "attention.projection_layer", norm1: "layernorm_before",
      norm2: "layernorm_after", scale1: "lambda_1", scale2: "lambda_2")
  }
}

/// What a layout calls the projector's tensors.
struct ProjectorNames: Sendable, Equatable {
  let norm, fc1, fc2: String

  static func transformers(_ prefix: String) -> ProjectorNames {
    ProjectorNames(
      norm: prefix + "multi_modal_projector.layer_norm",
      fc1: prefix + "multi_modal_projector.linear_1",
      fc2: prefix + "multi_modal_projector.linear_2")
  }
}

/// What an architecture calls the decoder's tensors: within the decoder, or within a layer.
struct DecoderNames {
  let embedding, output, attentionNorm, attentionOutput, feedForwardNorm, gate, up, down: String

  static func table(_ architecture: LanguageConfiguration.Architecture) -> DecoderNames {
    switch architecture {
    case .qwen2, .qwen3, .llama, .internLM3:
      DecoderNames(
        embedding: "embed_tokens", output: "lm_head", attentionNorm: "input_layernorm",
        attentionOutput: "self_attn.o_proj", feedForwardNorm: "post_attention_layernorm",
        gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.down_proj")
    case .internLM2:
      DecoderNames(
        embedding: "tok_embeddings", output: "output", attentionNorm: "attention_norm",
        attentionOutput: "attention.wo", feedForwardNorm: "ffn_norm", gate: "feed_forward.w1",
        up: "feed_forward.w3", down: "feed_forward.w2")
    }
  }
}

extension LanguageConfiguration {
  /// The name of the output layer's weight where it is not the embedding.
  func outputName(_ names: TensorNames) -> String {
    names.output + DecoderNames.table(architecture).output + ".weight"
  }
}
