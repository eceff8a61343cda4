import JSON

/// How a checkpoint stores linear layers in 4 bits (`quantization_config`).
public struct Quantization: Sendable, Equatable {
  /// The formats that are read, by their `quant_method`.
  public enum Format: String, Sendable {
    /// AutoAWQ's and LMDeploy's, in gemm order with groups of 128 inputs.
    case awq
    /// `pack-quantized` of the library compressed-tensors.
    case compressedTensors = "compressed-tensors"
  }

  /// How the codes are stored.
  public let format: Format
  /// Inputs that share a scale; nil: all inputs of an output do.
  let groupSize: Int?
  /// Whether groups have zero points of their own.
  let hasZeroPoints: Bool
  /// Parts of names of the decoder's matrices that are not in 4 bits (`modules_to_not_convert`).
  let unconverted: [String]
  /// The layers that are in 4 bits; nil until the tensors are known, and then taken to be the
  /// decoder's.
  var layers: Set<String>?

  /// AWQ with nothing left out.
  package static let awq = Quantization(awqExcept: [])

  private init(awqExcept unconverted: [String]) {
    format = .awq
    (groupSize, hasZeroPoints) = (128, true)
    self.unconverted = unconverted
  }

  /// Whether a matrix with so many inputs keeps its codes, whose groups the kernels know; it is
  /// unpacked while it is loaded otherwise.
  func keepsCodes(inputs: Int) -> Bool {
    format == .awq || inputs.isMultiple(of: 128) && (groupSize ?? inputs).isMultiple(of: 128)
  }

  /// How many groups so many inputs make; nil where they do not divide into them.
  func groups(inputs: Int) -> Int? {
    guard let groupSize else { return 1 }
    return inputs.isMultiple(of: groupSize) ? inputs / groupSize : nil
  }
}

extension Quantization {
  private static let alternatives = "; take the model's AWQ checkpoint or the unquantised one"

  /// What `quantization_config` says; nil where nothing is quantised.
  ///
  /// LMDeploy writes it inside of `llm_config`, all others at the top.
  static func read(_ object: JSONObject) throws(JSONError) -> Quantization? {
    guard object["quantization"] == nil else {
      throw object.invalid("quantization", expected: "nothing: this is MLX's format" + alternatives)
    }
    guard let settings = try object.optionalObject("quantization_config") else { return nil }
    guard let format = try settings.optionalString("quant_method").flatMap(Format.init) else {
      throw settings.invalid(
        "quant_method", expected: "awq or compressed-tensors" + alternatives)
    }
    return switch format {
    case .awq: try Quantization(awq: settings)
    case .compressedTensors: try Quantization(compressedTensors: settings)
    }
  }

  private init(awq settings: JSONObject) throws(JSONError) {
    guard try settings.string("version", default: "gemm").lowercased() == "gemm" else {
      throw settings.invalid("version", expected: "gemm")
    }
    _ = try settings.integer("bits", in: 4...4)
    _ = try settings.integer("group_size", in: 128...128)
    guard try settings.bool("zero_point", default: true) else {
      throw settings.invalid("zero_point", expected: "true")
    }
    self.init(awqExcept: try settings.optionalStrings("modules_to_not_convert") ?? [])
  }

  /// Which layers are meant (`targets`, `ignore`) is not read: their tensors show it.
  private init(compressedTensors settings: JSONObject) throws(JSONError) {
    guard try settings.string("format") == "pack-quantized" else {
      throw settings.invalid("format", expected: "pack-quantized" + Self.alternatives)
    }
    for key in ["kv_cache_scheme", "transform_config"] {
      switch settings[key] {
      case nil, .object([:])?: break
      default: throw settings.invalid(key, expected: "nothing")
      }
    }
    let groups = try settings.object("config_groups")
    guard groups.members.count == 1, let name = groups.members.keys.first else {
      throw settings.invalid("config_groups", expected: "one group")
    }
    let group = try groups.object(name)
    for key in ["input_activations", "output_activations"] where group[key] != nil {
      throw group.invalid(key, expected: "null" + Self.alternatives)
    }
    let weights = try group.object("weights")
    try weights.require("type", equals: "int")
    _ = try weights.integer("num_bits", in: 4...4)
    switch weights["actorder"] {
    case nil, .bool(false)?, .string("weight")?, .string("static")?: break
    default:
      throw weights.invalid("actorder", expected: "null or static" + Self.alternatives)
    }
    switch try weights.string("strategy") {
    case "channel": groupSize = nil
    case "group":
      let size = try weights.integer("group_size", in: 8...65_536)
      guard size.isMultiple(of: 8) else {
        throw weights.invalid("group_size", expected: "a multiple of 8")
      }
      groupSize = size
    default: throw weights.invalid("strategy", expected: "group or channel")
    }
    format = .compressedTensors
    hasZeroPoints = try !weights.bool("symmetric", default: true)
    unconverted = []
  }
}
