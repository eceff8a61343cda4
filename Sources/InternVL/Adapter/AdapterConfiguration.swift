import Foundation
import JSON

/// What `adapter_config.json` of the PEFT library says about an adapter's matrices.
struct AdapterConfiguration {
  /// Factors of products by rank: LoRA's own, or rank-stabilised.
  let isRankStabilized: Bool
  /// Nil: twice the rank.
  private let alpha: Double?
  private let alphas: [(module: String, value: Double)]

  /// Reads the file, and refuses what adapters may have that is not built.
  init(folder: URL) throws(JSONError) {
    let root = try JSONObject(contentsOf: folder.appending(path: "adapter_config.json"))
    try root.require("peft_type", equals: "LORA")
    for key in ["use_dora", "lora_bias", "fan_in_fan_out", "use_qalora"] {
      guard try !root.bool(key, default: false) else { throw root.invalid(key, expected: "false") }
    }
    for key in [
      "target_parameters", "trainable_token_indices", "megatron_config", "layer_replication",
      "alora_invocation_tokens", "arrow_config", "kasa_config", "use_bdlora", "velora_config",
    ] {
      switch root[key] {
      case nil, .array([])?, .object([:])?: break
      default: throw root.invalid(key, expected: "nothing")
      }
    }
    try root.require("bias", equals: "none", whenAbsent: true)
    isRankStabilized = try root.bool("use_rslora", default: false)
    alpha = try root.number("lora_alpha", in: 0...1e6)
    alphas = try Self.patterns(root, "alpha_pattern")
  }

  private init(alpha: Double?) {
    isRankStabilized = false
    self.alpha = alpha
    alphas = []
  }

  /// What OpenGVLab's own scripts train: every factor is 2.
  static let openGVLab = AdapterConfiguration(alpha: nil)

  /// What the product of a module's two matrices is multiplied by.
  func scale(of module: String, rank: Int) -> Float {
    let alpha = alphas.first { Self.matches(module, $0.module) }?.value ?? alpha ?? Double(2 * rank)
    return Float(alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank)))
  }

  /// Numbers of single modules, by the ends of their names.
  private static func patterns(
    _ root: JSONObject, _ key: String
  ) throws(JSONError) -> [(module: String, value: Double)] {
    guard let object = try root.optionalObject(key) else { return [] }
    var patterns: [(module: String, value: Double)] = []
    for module in object.members.keys.sorted() {
      guard module.utf8.allSatisfy({ $0.isNamePart }) else {
        throw object.invalid(module, expected: "a module's name, not an expression")
      }
      patterns.append((module, try object.number(module, in: 0...1e6)))
    }
    return patterns
  }

  /// Whether a name is, or ends with, a pattern; `^` in front of it means the whole name.
  private static func matches(_ module: String, _ pattern: String) -> Bool {
    if pattern.hasPrefix("^") { return module == pattern.dropFirst() }
    return module == pattern || module.hasSuffix("." + pattern)
  }
}

extension UInt8 {
  /// Whether it may stand in a module's name, or is the mark of its beginning.
  fileprivate var isNamePart: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "^"):
      true
    default: false
    }
  }
}
