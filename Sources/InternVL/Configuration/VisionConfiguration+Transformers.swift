import JSON

extension VisionConfiguration {
  /// Reads `vision_config` as transformers writes it.
  init(transformers object: JSONObject) throws(JSONError) {
    try object.require("hidden_act", equals: "gelu", whenAbsent: true)
    for (key, supported) in [
      ("use_absolute_position_embeddings", true), ("use_mean_pooling", true),
    ] {
      guard try object.bool(key, default: supported) == supported else {
        throw object.invalid(key, expected: "\(supported)")
      }
    }
    _ = try object.integer("num_channels", in: 3...3, default: 3)
    let imageSize = try Self.side(object, "image_size", in: 1...4096)
    let norm: Norm
    switch try object.string("norm_type", default: Norm.layerNorm.rawValue) {
    case Norm.layerNorm.rawValue: norm = .layerNorm
    case Norm.rmsNorm.rawValue: norm = .rmsNorm
    default: throw object.invalid("norm_type", expected: "layer_norm or rms_norm")
    }
    self.init(
      hidden: try object.integer("hidden_size", in: 1...65_536),
      layers: try object.integer("num_hidden_layers", in: 1...1024),
      heads: try object.integer("num_attention_heads", in: 1...1024),
      intermediate: try object.integer("intermediate_size", in: 1...1_048_576),
      imageSize: imageSize, patchSize: try Self.side(object, "patch_size", in: 1...imageSize),
      norm: norm, hasQKVBias: try object.bool("attention_bias", default: false),
      normalizesQK: try object.bool("use_qk_norm", default: false),
      epsilon: Float(try object.number("layer_norm_eps", in: 0...1, default: 1e-6)))
    try checkDivisors(object)
  }

  /// The side of a square, written as a number or as a list of two.
  private static func side(
    _ object: JSONObject, _ key: String, in range: ClosedRange<Int>
  ) throws(JSONError) -> Int {
    guard case .array(let sides)? = object[key] else { return try object.integer(key, in: range) }
    guard sides.count == 2, sides[0] == sides[1], case .integer(let side) = sides[0],
      range.contains(side)
    else { throw object.invalid(key, expected: "two equal numbers of \(range)") }
    return side
  }
}
