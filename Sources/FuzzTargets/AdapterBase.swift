import Checkpoint
import Foundation
import InternVL
import JSON
import Kernels

/// A checkpoint for adapters: a few weights as floats, and one in 4 bits.
enum AdapterBase {
  private static let configuration = """
    {"architectures": ["InternVLChatModel"], "ps_version": "v2", "template": "internvl2_5",
     "force_image_size": 28,
     "vision_config": {"image_size": 28, "patch_size": 14, "hidden_size": 8,
      "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "qkv_bias": true,
      "qk_normalization": false, "norm_type": "layer_norm", "hidden_act": "gelu"},
     "llm_config": {"architectures": ["Qwen2ForCausalLM"], "hidden_size": 8,
      "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
      "intermediate_size": 128, "vocab_size": 16, "hidden_act": "silu", "rope_theta": 1000000,
      "max_position_embeddings": 64},
     "quantization_config": {"quant_method": "compressed-tensors", "format": "pack-quantized",
      "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int",
       "strategy": "channel", "symmetric": true}}}}}
    """

  private static let layer = "language_model.model.layers.0."

  /// Writes its tensors.
  static func prepare(_ folder: ScratchFolder) throws {
    try SafetensorsWriter(
      folder.url.appending(path: "model.safetensors"),
      tensors: [
        .init(
          name: "vision_model.embeddings.class_embedding", type: .float32, shape: [1, 1, 8]),
        .init(
          name: "vision_model.encoder.layers.0.attn.qkv.weight", type: .float16, shape: [24, 8]),
        .init(name: "mlp1.1.weight", type: .float32, shape: [8, 32]),
        .init(name: "language_model.lm_head.weight", type: .bfloat16, shape: [16, 8]),
        .init(name: layer + "self_attn.q_proj.weight", type: .bfloat16, shape: [8, 8]),
        .init(name: layer + "mlp.down_proj.weight_packed", type: .int32, shape: [8, 16]),
        .init(name: layer + "mlp.down_proj.weight_scale", type: .float16, shape: [8, 1]),
      ]
    ).finish()
  }

  /// Reads the adapter in the same folder.
  static func readAdapter(_ folder: ScratchFolder) throws {
    let root = try JSONObject(Array(configuration.utf8).span.bytes, file: "config.json")
    let count = try CheckpointFolder(folder.url)
      .readWeights(adaptedBy: folder.url, Configuration(root))
    precondition(count >= 0 && count <= 5, "\(count) of 5 weights changed")
  }
}
