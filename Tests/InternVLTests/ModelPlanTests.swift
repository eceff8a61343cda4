import Checkpoint
import FoundationEssentials
import JSON
import Kernels
import TestSupport
import Testing

@testable import InternVL

/// Published checkpoints: dimensions, number of tensors and bytes as their repositories have
/// them.
///
/// A block of InternViT-6B has 13 tensors (no qkv bias, no norm biases, two q/k norms), one of
/// InternViT-300M has 14.
struct PublishedShape: Sendable, CustomTestStringConvertible {
  let size: Int
  let hidden, layers, heads, keyValueHeads, intermediate: Int
  var vocabulary = 151_674
  var architecture = "Qwen2ForCausalLM"
  var headWidth: Int?
  let tensors: Int
  var awqTensors: Int?
  /// In units of 10⁹ bytes.
  let gigabytes: Double
  var awqGigabytes: Double?

  var testDescription: String { "\(architecture) \(size)B" }

  static let all = [
    PublishedShape(
      size: 1, hidden: 896, layers: 24, heads: 14, keyValueHeads: 2, intermediate: 4864,
      tensors: 637, awqTensors: 973, gigabytes: 1.876, awqGigabytes: 1.347),
    PublishedShape(
      size: 2, hidden: 1536, layers: 28, heads: 12, keyValueHeads: 2, intermediate: 8960,
      tensors: 685, awqTensors: 1077, gigabytes: 4.178, awqGigabytes: 2.238),
    PublishedShape(
      size: 8, hidden: 3584, layers: 28, heads: 28, keyValueHeads: 4, intermediate: 18_944,
      tensors: 685, awqTensors: 1077, gigabytes: 15.889, awqGigabytes: 6.228),
    PublishedShape(
      size: 9, hidden: 4096, layers: 48, heads: 32, keyValueHeads: 2, intermediate: 10_240,
      vocabulary: 128_521, architecture: "InternLM2ForCausalLM",
      tensors: 685, awqTensors: 1165, gigabytes: 18.284, awqGigabytes: 6.809),
    PublishedShape(
      size: 14, hidden: 5120, layers: 48, heads: 40, keyValueHeads: 8, intermediate: 13_824,
      tensors: 925, awqTensors: 1597, gigabytes: 30.235, awqGigabytes: 10.674),
    PublishedShape(
      size: 38, hidden: 5120, layers: 64, heads: 40, keyValueHeads: 8, intermediate: 27_648,
      tensors: 1366, awqTensors: 2262, gigabytes: 76.776, awqGigabytes: 30.577),
    PublishedShape(
      size: 78, hidden: 8192, layers: 80, heads: 64, keyValueHeads: 8, intermediate: 29_568,
      tensors: 1558, awqTensors: 2678, gigabytes: 156.817, awqGigabytes: 52.869),
    .internVL35(1, 1024, 28, 16, 3072, tensors: 657, gigabytes: 2.122),
    .internVL35(2, 2048, 28, 16, 6144, tensors: 657, gigabytes: 4.697),
    .internVL35(4, 2560, 36, 32, 9728, tensors: 745, gigabytes: 9.465),
    .internVL35(8, 4096, 36, 32, 12_288, tensors: 745, gigabytes: 17.057),
    .internVL35(14, 5120, 40, 40, 17_408, tensors: 789, gigabytes: 30.239),
    .internVL35(38, 5120, 64, 64, 25_600, tensors: 1302, gigabytes: 76.780),
  ]

  /// InternVL3.5, whose heads are 128 wide whatever the model's width.
  private static func internVL35(
    _ size: Int, _ hidden: Int, _ layers: Int, _ heads: Int, _ intermediate: Int, tensors: Int,
    gigabytes: Double
  ) -> PublishedShape {
    PublishedShape(
      size: size, hidden: hidden, layers: layers, heads: heads, keyValueHeads: 8,
      intermediate: intermediate, vocabulary: 151_936, architecture: "Qwen3ForCausalLM",
      headWidth: 128, tensors: tensors, gigabytes: gigabytes)
  }

  /// config.json with what the published files say, as far as the runtime reads it.
  func configuration(isAWQ: Bool) throws -> Configuration {
    let vision =
      size < 38
      ? """
      "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
      "intermediate_size": 4096, "qkv_bias": true, "qk_normalization": false,
      "norm_type": "layer_norm"
      """
      : """
      "hidden_size": 3200, "num_hidden_layers": 45, "num_attention_heads": 25,
      "intermediate_size": 12800, "qkv_bias": false, "qk_normalization": true,
      "norm_type": "rms_norm"
      """
    let quantization =
      isAWQ
      ? """
      , "quantization_config": {"quant_method": "awq", "version": "gemm", "bits": 4,
        "group_size": 128, "zero_point": true}
      """ : ""
    let width = headWidth.map { ", \"head_dim\": \($0)" } ?? ""
    let text = """
      {"architectures": ["InternVLChatModel"], "ps_version": "v2", "select_layer": -1,
       "template": "internvl2_5", "downsample_ratio": 0.5, "force_image_size": 448,
       "min_dynamic_patch": 1, "max_dynamic_patch": 12, "use_thumbnail": true,
       "vision_config": {"image_size": 448, "patch_size": 14, "hidden_act": "gelu", \(vision)},
       "llm_config": {"architectures": ["\(architecture)"], "hidden_size": \(hidden),
        "num_hidden_layers": \(layers), "num_attention_heads": \(heads),
        "num_key_value_heads": \(keyValueHeads), "intermediate_size": \(intermediate),
        "vocab_size": \(vocabulary), "hidden_act": "silu", "rope_theta": 1000000.0,
        "max_position_embeddings": 32768\(width)\(quantization)}}
      """
    return try Configuration(JSONObject(Array(text.utf8).span.bytes, file: "config.json"))
  }
}

@Suite("The published checkpoints, without their weights")
struct ModelPlanTests {
  @Test("have the number of tensors and bytes of their repositories", arguments: PublishedShape.all)
  func matchesRepositories(shape: PublishedShape) throws {
    let plain = try ModelPlan(shape.configuration(isAWQ: false), type: .bfloat16)
    #expect(plain.tensors.count == shape.tensors)
    #expect(abs(Double(plain.storedBytes) / 1e9 - shape.gigabytes) < 0.001)
    guard let awqGigabytes = shape.awqGigabytes else { return }
    let awq = try ModelPlan(shape.configuration(isAWQ: true), type: .float16)
    #expect(awq.tensors.count == shape.awqTensors)
    #expect(abs(Double(awq.storedBytes) / 1e9 - awqGigabytes) < 0.001)
  }

  @Test("a checkpoint with a visual resolution router is refused by its key")
  func flash() {
    let text = """
      {"architectures": ["InternVLChatModel"], "ps_version": "v2", "flash_mode": true}
      """
    #expect {
      try Configuration(JSONObject(Array(text.utf8).span.bytes, file: "config.json"))
    } throws: {
      "\($0)".contains(
        "flash_mode is true; expected false: of this model take the one without -Flash")
    }
  }

  @Test("a mixture of experts is refused by its name")
  func experts() {
    let shape = PublishedShape(
      size: 30, hidden: 2048, layers: 48, heads: 32, keyValueHeads: 4, intermediate: 768,
      architecture: "Qwen3MoeForCausalLM", tensors: 0, gigabytes: 0)
    #expect {
      try shape.configuration(isAWQ: false)
    } throws: {
      "\($0)".contains("llm_config.architectures is [\"Qwen3MoeForCausalLM\"]; expected Qwen2For")
    }
  }

  @Test("a tile is 256 tokens")
  func tokensPerTile() throws {
    #expect(try PublishedShape.all[0].configuration(isAWQ: false).tokensPerTile == 256)
  }

  @Test("a plan counts the scratch that the networks allocate", arguments: Precision.allCases)
  func scratch(precision: Precision) throws {
    let folder = SharedFixtures.projectRoot.appending(path: "demo/model")
    let configuration = try Configuration(folder: folder)
    let (language, arithmetic) = (configuration.language, Arithmetic(precision))
    let compute = Compute(lanes: 1)
    let stored = AdaptedWeights(
      checkpoint: try CheckpointFolder(folder), configuration: configuration, adapters: [],
      compute: compute)
    let loader = WeightLoader(
      stored, configuration, arithmetic: arithmetic, packed: nil,
      packer: WeightPacker(stored, isCancelled: { false }))
    let vision = try VisionWeights(loader, configuration.vision, configuration.names.vision)
    let projector = try ProjectorWeights(loader, configuration)
    let decoder = try LanguageWeights(loader, configuration)

    let tower = AllocationMeter.bytes {
      _ = VisionTower(
        vision, configuration: configuration.vision, arithmetic: arithmetic, compute: compute)
    }
    #expect(tower == VisionTower.scratchBytes(configuration.vision, arithmetic: arithmetic))
    let joined = AllocationMeter.bytes {
      _ = Projector(
        projector, configuration: configuration, arithmetic: arithmetic, compute: compute)
    }
    #expect(joined == Projector.scratchBytes(configuration, arithmetic: arithmetic))
    let model = AllocationMeter.bytes {
      _ = LanguageModel(
        decoder, configuration: language, arithmetic: arithmetic, compute: compute, rows: 260,
        sequences: 4)
    }
    #expect(
      model
        == LanguageModel.scratchBytes(language, arithmetic: arithmetic, rows: 260, sequences: 4))
    #expect(tower > 0 && joined > 0 && model > 0)
  }
}
