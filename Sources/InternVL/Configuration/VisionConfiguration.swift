import JSON

/// The vision tower's dimensions, from `vision_config`.
public struct VisionConfiguration: Sendable, Equatable {
  /// Which normalisation the blocks use.
  public enum Norm: String, Sendable {
    /// With weight and bias (InternViT-300M).
    case layerNorm = "layer_norm"
    /// With a weight only (InternViT-6B).
    case rmsNorm = "rms_norm"
  }

  /// Width of the residual stream.
  public let hidden: Int
  /// Number of blocks.
  public let layers: Int
  /// Attention heads of `hidden / heads` each.
  public let heads: Int
  /// Width inside the MLP.
  public let intermediate: Int
  /// Side of the square input in pixels.
  public let imageSize: Int
  /// Side of a patch in pixels.
  public let patchSize: Int
  /// Which normalisation the blocks use.
  public let norm: Norm
  /// Epsilon of every norm in the tower.
  public let epsilon: Float
  /// Whether the fused q, k, v product has a bias.
  public internal(set) var hasQKVBias: Bool
  /// Whether q and k are RMS-normalised over their full width, before the split into heads.
  public let normalizesQK: Bool

  /// Patches along one side of a tile.
  public var patchesPerSide: Int { imageSize / patchSize }
  /// Positions of one tile: its patches and the class token.
  public var positions: Int { patchesPerSide * patchesPerSide + 1 }
  /// Inputs of the patch embedding: 3 channels of `patchSize` × `patchSize` pixels.
  public var patchInputs: Int { 3 * patchSize * patchSize }

  /// A tower of these dimensions; without an epsilon, with the published models'.
  package init(
    hidden: Int, layers: Int, heads: Int, intermediate: Int, imageSize: Int, patchSize: Int,
    norm: Norm, hasQKVBias: Bool, normalizesQK: Bool, epsilon: Float = 1e-6
  ) {
    self.hidden = hidden
    self.layers = layers
    self.heads = heads
    self.intermediate = intermediate
    self.imageSize = imageSize
    self.patchSize = patchSize
    self.norm = norm
    self.hasQKVBias = hasQKVBias
    self.normalizesQK = normalizesQK
    self.epsilon = epsilon
  }

  /// Reads `vision_config` as OpenGVLab writes it.
  init(_ object: JSONObject) throws(JSONError) {
    hidden = try object.integer("hidden_size", in: 1...65_536)
    layers = try object.integer("num_hidden_layers", in: 1...1024)
    heads = try object.integer("num_attention_heads", in: 1...1024)
    intermediate = try object.integer("intermediate_size", in: 1...1_048_576)
    imageSize = try object.integer("image_size", in: 1...4096)
    patchSize = try object.integer("patch_size", in: 1...imageSize)
    _ = try object.integer("num_channels", in: 3...3, default: 3)
    try object.require("hidden_act", equals: "gelu", whenAbsent: true)
    guard try !object.bool("use_moe", default: false) else {
      throw object.invalid("use_moe", expected: "false")
    }
    let normName = try object.optionalString("norm_type") ?? Norm.rmsNorm.rawValue
    guard let norm = Norm(rawValue: normName) else {
      throw object.invalid("norm_type", expected: "layer_norm or rms_norm")
    }
    self.norm = norm
    epsilon = Float(try object.number("layer_norm_eps", in: 0...1, default: 1e-6))
    hasQKVBias = try object.bool("qkv_bias", default: false)
    normalizesQK = try object.bool("qk_normalization", default: true)
    try checkDivisors(object)
  }

  /// Refuses heads and patches that do not fill their whole.
  func checkDivisors(_ object: JSONObject) throws(JSONError) {
    guard hidden.isMultiple(of: heads) else {
      throw object.invalid("num_attention_heads", expected: "a divisor of \(hidden)")
    }
    guard imageSize.isMultiple(of: patchSize) else {
      throw object.invalid("patch_size", expected: "a divisor of \(imageSize)")
    }
  }
}
