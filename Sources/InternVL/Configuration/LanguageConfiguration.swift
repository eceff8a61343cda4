import JSON

/// The language model's dimensions, from `llm_config`.
public struct LanguageConfiguration: Sendable, Equatable {
  /// How the checkpoint names and groups the language model's tensors.
  public enum Layout: Sendable, Equatable {
    /// `q_proj`, `k_proj`, `v_proj`, `gate_proj` … (Qwen2, Llama, InternLM3).
    case separate
    /// `wqkv`, `w1`, `w2`, `w3` … (InternLM2, and so InternVL3-9B).
    case internLM2
  }

  /// The class name in `architectures`.
  public let architecture: String
  /// How the tensors are named and grouped.
  public let layout: Layout
  /// Width of the residual stream.
  public let hidden: Int
  /// Number of decoder layers.
  public let layers: Int
  /// Query heads.
  public let heads: Int
  /// Key/value heads; each serves `heads / keyValueHeads` query heads.
  public let keyValueHeads: Int
  /// Width of one head.
  public let headWidth: Int
  /// Width inside the MLP.
  public let intermediate: Int
  /// Rows of the embedding and of the output layer.
  public let vocabulary: Int
  /// Epsilon of every RMS norm.
  public let epsilon: Float
  /// How positions turn queries and keys.
  public let rotary: RotaryConfiguration
  /// Whether q, k and v must have a bias (Qwen2); other architectures have one where it is stored.
  public let requiresQKVBias: Bool
  /// Whether the output layer is the embedding (`tie_word_embeddings`).
  public let isTied: Bool
  /// Whether the decoder's matrices are stored as AWQ (4 bits, groups of 128 inputs).
  public let isAWQ: Bool

  /// Whether a linear layer's weight is stored as AWQ: those inside of the decoder's layers are.
  func storesAWQ(_ name: String) -> Bool {
    isAWQ && name.hasPrefix("language_model.") && name.contains(".layers.")
  }

  /// A model of these dimensions, of the class that the published models with this layout have; the
  /// epsilon and the positions are theirs, too.
  package init(
    layout: Layout, hidden: Int, layers: Int, heads: Int, keyValueHeads: Int, headWidth: Int,
    intermediate: Int, vocabulary: Int, isTied: Bool, isAWQ: Bool
  ) {
    self.layout = layout
    architecture = layout == .internLM2 ? "InternLM2ForCausalLM" : "Qwen2ForCausalLM"
    requiresQKVBias = layout == .separate
    self.hidden = hidden
    self.layers = layers
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headWidth = headWidth
    self.intermediate = intermediate
    self.vocabulary = vocabulary
    self.isTied = isTied
    self.isAWQ = isAWQ
    epsilon = 1e-6
    rotary = RotaryConfiguration(headWidth: headWidth)
  }

  init(_ object: JSONObject, top: JSONObject) throws(JSONError) {
    architecture = try object.require(
      "architectures",
      oneOf: [
        "Qwen2ForCausalLM", "LlamaForCausalLM", "InternLM3ForCausalLM", "InternLM2ForCausalLM",
      ])
    layout = architecture == "InternLM2ForCausalLM" ? .internLM2 : .separate
    requiresQKVBias = architecture == "Qwen2ForCausalLM"
    hidden = try object.integer("hidden_size", in: 1...65_536)
    layers = try object.integer("num_hidden_layers", in: 1...1024)
    heads = try object.integer("num_attention_heads", in: 1...1024)
    keyValueHeads = try object.integer("num_key_value_heads", in: 1...heads, default: heads)
    guard heads.isMultiple(of: keyValueHeads) else {
      throw object.invalid("num_key_value_heads", expected: "a divisor of \(heads)")
    }
    headWidth = try object.integer("head_dim", in: 2...4096, default: hidden / heads)
    guard headWidth.isMultiple(of: 2), headWidth >= 2 else {
      throw object.invalid("head_dim", expected: "an even width")
    }
    intermediate = try object.integer("intermediate_size", in: 1...1_048_576)
    vocabulary = try object.integer("vocab_size", in: 1...4_194_304)
    epsilon = Float(try object.number("rms_norm_eps", in: 0...1, default: 1e-6))
    try object.require("hidden_act", equals: "silu", whenAbsent: true)
    guard try !object.bool("use_sliding_window", default: false) else {
      throw object.invalid("use_sliding_window", expected: "false")
    }
    for key in ["num_experts", "num_local_experts", "n_routed_experts"] {
      _ = try object.integer(key, in: 0...1, default: 0)
    }
    rotary = try RotaryConfiguration(object, headWidth: headWidth)
    isTied = try object.bool("tie_word_embeddings", default: false)
    let isInside = try Self.readAWQ(object)
    isAWQ = try Self.readAWQ(top) ? true : isInside
  }

  /// Whether `quantization_config` is there and says AWQ as InternVL3's repositories have it.
  ///
  /// LMDeploy writes it inside `llm_config`; some tools lift it to the top.
  private static func readAWQ(_ object: JSONObject) throws(JSONError) -> Bool {
    guard let quantization = try object.optionalObject("quantization_config") else { return false }
    try quantization.require("quant_method", equals: "awq")
    try quantization.require("version", equals: "gemm", whenAbsent: true)
    _ = try quantization.integer("bits", in: 4...4)
    _ = try quantization.integer("group_size", in: 128...128)
    guard try quantization.bool("zero_point", default: true) else {
      throw quantization.invalid("zero_point", expected: "true")
    }
    return true
  }
}
