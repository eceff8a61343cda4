import Checkpoint
import Foundation
import InternVL
import JSON
import Kernels
import Registry
import TestSupport
import Testing

@testable import InternVLCommand

/// The registry estimates weights from dimensions alone, the model counts them tensor by tensor.
@Suite("Estimates of weights")
struct EstimateTests {
  private static let specs = (try? Registry.builtIn().families[0].specs) ?? []

  @Test("the registry's and the model's own agree within 1 %", arguments: specs.map(\.name))
  func agree(name: String) throws {
    let spec = try #require(Self.specs.first { $0.name == name })
    let shape = try #require(spec.shape)
    let configuration = try Self.configuration(shape, isAWQ: spec.format == .awq)
    #expect(ModelShape(configuration) == shape)
    let plan = try ModelPlan(configuration, type: spec.format == .awq ? .float16 : .bfloat16)
    for (arithmetic, isFast) in [(Arithmetic.int8, true), (.float, false)] {
      let estimate = MemoryEstimate(
        shape: shape, plan: MemoryPlan(format: spec.format, isFast: isFast, contextLength: 8192))
      let planned = plan.residentBytes(arithmetic)
      let ratio = Double(estimate.weightBytes) / Double(planned)
      #expect(abs(ratio - 1) < 0.01, "\(estimate.weightBytes) against \(planned)")
    }
  }

  @Test("the registry has the demo model's dimensions")
  func demo() throws {
    let spec = try #require(Registry.builtIn().families.last?.specs.first)
    let file = SharedFixtures.projectRoot.appending(path: "demo/model/config.json")
    #expect(try spec.shape == ModelShape(Configuration(JSONObject(contentsOf: file))))
  }

  /// config.json of a model with these dimensions, as far as they decide its tensors.
  private static func configuration(_ shape: ModelShape, isAWQ: Bool) throws -> Configuration {
    let tower = shape.vision, text = shape.language
    let quantization =
      #""quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128},"#
    let json = """
      {"architectures": ["InternVLChatModel"], "ps_version": "v2",
       "vision_config": {
        "image_size": \(tower.imageSize), "patch_size": \(tower.patchSize),
        "hidden_size": \(tower.hidden), "num_hidden_layers": \(tower.layers),
        "num_attention_heads": \(tower.heads), "intermediate_size": \(tower.intermediate),
        "qkv_bias": \(tower.hasQKVBias), "qk_normalization": \(tower.hasQKNorm),
        "norm_type": "\(tower.hasNormBias ? "layer_norm" : "rms_norm")"},
       "llm_config": {
        "architectures": ["\(text.layout == .internlm2 ? "InternLM2" : "Qwen2")ForCausalLM"],
        \(isAWQ ? quantization : "")
        "hidden_size": \(text.hidden), "num_hidden_layers": \(text.layers),
        "num_attention_heads": \(text.heads), "num_key_value_heads": \(text.kvHeads),
        "head_dim": \(text.headWidth), "intermediate_size": \(text.intermediate),
        "vocab_size": \(text.vocabulary), "tie_word_embeddings": \(text.isTied),
        "rope_theta": 1000000, "max_position_embeddings": 32768}}
      """
    return try Configuration(JSONObject(Array(json.utf8).span.bytes, file: "config.json"))
  }
}
