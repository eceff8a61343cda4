import Checkpoint
import Foundation
import TestSupport
import Testing

@testable import InternVL

@Suite("Checkpoints whose files disagree", .enabled(if: SharedFixtures.present))
struct EditedCheckpointTests {
  private func answer(
    _ checkpoint: EditedCheckpoint, _ text: String = "Hello", images: [Image] = [],
    precision: Precision = .exact, packedWeights: URL? = nil,
    options: GenerationOptions = GenerationOptions(maxTokens: 8)
  ) throws -> Reply {
    let model = try VisionLanguageModel(
      folder: checkpoint.folder,
      options: ModelOptions(precision: precision, threads: 2, packedWeights: packedWeights))
    return try Scheduler(model).reply(
      to: Conversation(messages: [Message(role: .user, content: text)], images: images),
      options: options)
  }

  @Test("a text with a token that the model has no embedding for is refused")
  func unknownToken() throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    try checkpoint.edit("added_tokens.json") { $0["zebra"] = 500_000 }
    #expect(try !answer(checkpoint, "a horse").tokenIDs.isEmpty)
    #expect {
      try answer(checkpoint, "a zebra")
    } throws: { error in
      guard case InternVLError.unknownToken("zebra", 500_000, _) = error else { return false }
      return true
    }
  }

  @Test("AWQ is recognised as AutoAWQ writes it, too")
  func autoAWQ() throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-awq")
    let expected = try answer(checkpoint).tokenIDs
    try checkpoint.editLanguage { $0["quantization_config"] = nil }
    try checkpoint.edit("config.json") {
      $0["quantization_config"] = [
        "quant_method": "awq", "version": "GEMM", "bits": 4, "group_size": 128,
        "zero_point": true, "modules_to_not_convert": ["vision_model", "mlp1"],
      ]
    }
    #expect(try answer(checkpoint).tokenIDs == expected)
    try checkpoint.edit("config.json") {
      var settings = $0["quantization_config"] as? [String: Any] ?? [:]
      settings["modules_to_not_convert"] = ["self_attn"]
      $0["quantization_config"] = settings
    }
    #expect { try answer(checkpoint) } throws: { "\($0)".contains("self_attn.q_proj.weight") }
  }

  @Test(
    "other quantisations are refused by their names",
    arguments: ["gptq", "fp8", "bitsandbytes", "exl2"])
  func otherQuantizations(method: String) throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    try checkpoint.edit("config.json") { $0["quantization_config"] = ["quant_method": method] }
    #expect {
      try answer(checkpoint)
    } throws: {
      "\($0)".contains(
        "quant_method is \"\(method)\"; expected awq or compressed-tensors; take the model's AWQ checkpoint"
      )
    }
  }

  @Test("MLX's format is refused by its name")
  func mlx() throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    try checkpoint.edit("config.json") {
      $0["quantization"] = ["group_size": 64, "bits": 4]
      $0["quantization_config"] = ["group_size": 64, "bits": 4]
    }
    #expect { try answer(checkpoint) } throws: {
      "\($0)".contains("expected nothing: this is MLX's format; take the model's AWQ checkpoint")
    }
  }

  @Test("an output layer that is stored counts, whatever the flag says")
  func ownOutputLayer() throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    let expected = try answer(checkpoint).tokenIDs
    try checkpoint.editLanguage { $0["tie_word_embeddings"] = true }
    #expect(try answer(checkpoint).tokenIDs == expected)
  }

  @Test("norms of q and k that a conversion has lost are noticed")
  func lostNorms() throws {
    let checkpoint = try EditedCheckpoint(copying: "vit6b")
    func isNoticed() throws -> Bool {
      try VisionLanguageModel(folder: checkpoint.folder, options: ModelOptions(threads: 2))
        .hasLostNorms
    }
    #expect(try !isNoticed())
    let vision = try Configuration(folder: checkpoint.folder).vision
    let one = withUnsafeBytes(of: Float(1)) { Array($0) }
    let ones = (0..<vision.hidden).flatMap { _ in one }
    for layer in 0..<vision.layers {
      for norm in ["q_norm", "k_norm"] {
        try checkpoint.overwrite(
          "vision_model.encoder.layers.\(layer).attn.\(norm).weight", with: ones)
      }
    }
    #expect(try isNoticed())
  }

  @Test("without dynamic tiles a picture is one tile, whatever the smallest number")
  func notDynamic() throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    try checkpoint.edit("config.json") {
      $0["dynamic_image_size"] = false
      $0["min_dynamic_patch"] = 2
    }
    let picture = try Image(contentsOf: SharedFixtures.url("images/strip-3x1.png"))
    #expect(try answer(checkpoint, images: [picture]).tiles.map(\.count) == [1])
  }

  @Test("rotary parameters are read from where newer configurations have them")
  func ropeParameters() throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    let expected = try answer(checkpoint).tokenIDs
    try checkpoint.editLanguage {
      var parameters = $0["rope_scaling"] as? [String: Any] ?? [:]
      parameters["rope_theta"] = $0["rope_theta"]
      ($0["rope_scaling"], $0["rope_theta"]) = (nil, nil)
      $0["rope_parameters"] = parameters
    }
    #expect(try answer(checkpoint).tokenIDs == expected)
  }

  @Test("a configuration without the rotary base is refused")
  func noTheta() throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    try checkpoint.editLanguage { $0["rope_theta"] = nil }
    #expect(throws: InternVLError.self) { try answer(checkpoint) }
  }

  @Test(
    "a missing output layer is an error, with packed weights as without",
    arguments: [(Precision.exact, false), (.fast, false), (.fast, true)])
  func noOutputLayer(precision: Precision, isPacked: Bool) throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-448-tied")
    try checkpoint.editLanguage { $0["tie_word_embeddings"] = false }
    #expect {
      try answer(
        checkpoint, precision: precision,
        packedWeights: isPacked ? checkpoint.beside("packed") : nil)
    } throws: {
      "\($0)".contains("language_model.lm_head.weight")
    }
  }

  @Test(
    "AWQ weights that the configuration does not announce are an error",
    arguments: [(Precision.exact, false), (.fast, false), (.fast, true)])
  func unannouncedAWQ(precision: Precision, isPacked: Bool) throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-awq")
    try checkpoint.editLanguage { $0["quantization_config"] = nil }
    #expect {
      try answer(
        checkpoint, precision: precision,
        packedWeights: isPacked ? checkpoint.beside("packed") : nil)
    } throws: {
      "\($0)".contains("language_model.model.layers.0.") && "\($0)".contains(".weight")
    }
  }

  @Test(
    "weights that are NaN are an error, not an answer",
    arguments: [
      (Precision.exact, GenerationOptions()), (.fast, GenerationOptions()),
      (.exact, GenerationOptions(temperature: 1)),
    ])
  func notFinite(precision: Precision, options: GenerationOptions) throws {
    let checkpoint = try EditedCheckpoint(copying: "qwen2-bf16")
    try checkpoint.overwrite("language_model.model.norm.weight", with: [0xC0, 0x7F])
    #expect {
      try answer(checkpoint, precision: precision, options: options)
    } throws: { error in
      guard case InternVLError.notFinite = error else { return false }
      return true
    }
  }
}
