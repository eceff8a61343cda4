import JSON

/// The language model's dimensions, from `llm_config`.
public struct LanguageConfiguration: Sendable, Equatable {
  /// The kinds of decoders, by the class names in `architectures`.
  public enum Architecture: String, Sendable, CaseIterable {
    /// With biases of q, k and v.
    case qwen2 = "Qwen2ForCausalLM"
    /// Without them, and with a norm of each head of q and k.
    case qwen3 = "Qwen3ForCausalLM"
    case llama = "LlamaForCausalLM"
    case internLM3 = "InternLM3ForCausalLM"
    /// With q, k and v in one matrix, and names of its own (also InternVL3-9B).
    case internLM2 = "InternLM2ForCausalLM"
  }

  /// The kind of decoder.
  public let architecture: Architecture
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
  /// Whether the output layer is the embedding (`tie_word_embeddings`).
  public internal(set) var isTied: Bool
  /// How linear layers are stored in 4 bits; nil where none is.
  public internal(set) var quantization: Quantization?

  /// Whether q, k and v must have a bias; other architectures have one where it is stored.
  var requiresQKVBias: Bool { architecture == .qwen2 }

  /// Whether each head of q and k is RMS-normalised before positions turn it.
  var normalizesHeads: Bool { architecture == .qwen3 }

  /// A model of these dimensions, with the epsilon and the positions of the published ones.
  package init(
    architecture: Architecture, hidden: Int, layers: Int, heads: Int, keyValueHeads: Int,
    headWidth: Int,
    intermediate: Int, vocabulary: Int, isTied: Bool,
    quantization: Quantization?
  ) {
    self.architecture = architecture
    self.hidden = hidden
    self.layers = layers
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headWidth = headWidth
    self.intermediate = intermediate
    self.vocabulary = vocabulary
    self.isTied = isTied
    self.quantization = quantization
    epsilon = 1e-6
    rotary = RotaryConfiguration(headWidth: headWidth)
  }

  /// Reads `llm_config` as OpenGVLab writes it.
  init(_ object: JSONObject, top: JSONObject) throws(JSONError) {
    try self.init(object, architecture: object.choice("architectures"), top: top)
  }

  /// Reads `text_config` as transformers writes it.
  init(transformers object: JSONObject, top: JSONObject) throws(JSONError) {
    let supported: [String: Architecture] = ["qwen2": .qwen2, "qwen3": .qwen3, "llama": .llama]
    guard let architecture = try supported[object.string("model_type")] else {
      throw object.invalid("model_type", expected: supported.keys.sorted().joined(separator: ", "))
    }
    try self.init(object, architecture: architecture, top: top)
  }

  private init(
    _ object: JSONObject, architecture: Architecture, top: JSONObject
  ) throws(JSONError) {
    self.architecture = architecture
    hidden = try object.integer("hidden_size", in: 1...65_536)
    layers = try object.integer("num_hidden_layers", in: 1...1024)
    heads = try object.integer("num_attention_heads", in: 1...1024)
    keyValueHeads = try object.integer("num_key_value_heads", in: 1...heads, default: heads)
    guard heads.isMultiple(of: keyValueHeads) else {
      throw object.invalid("num_key_value_heads", expected: "a divisor of \(heads)")
    }
    headWidth = try object.integer(
      "head_dim", in: 2...4096, default: architecture == .qwen3 ? 128 : hidden / heads)
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
    guard try object.optionalStrings("layer_types")?.allSatisfy({ $0 == "full_attention" }) ?? true
    else { throw object.invalid("layer_types", expected: "full_attention in every layer") }
    for key in ["num_experts", "num_local_experts", "n_routed_experts"] {
      _ = try object.integer(key, in: 0...1, default: 0)
    }
    rotary = try RotaryConfiguration(
      object, headWidth: headWidth, growsInDouble: architecture == .internLM2)
    isTied = try object.bool("tie_word_embeddings", default: false)
    let inside = try Quantization.read(object)
    quantization = try Quantization.read(top) ?? inside
  }
}
