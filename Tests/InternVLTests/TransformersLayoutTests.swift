import Checkpoint
import Foundation
import JSON
import Kernels
import TestSupport
import Testing

@testable import InternVL

/// Fixtures of OpenGVLab's layout, rewritten as transformers lays them out.
@Suite("Checkpoints in transformers' layout", .enabled(if: SharedFixtures.present))
struct TransformersLayoutTests {
  /// What stands for what in tensor names, in the order of replacement.
  private static let names = [
    ("vision_model.encoder.layers.", "vision_tower.encoder.layer."),
    ("vision_model.", "vision_tower."), ("class_embedding", "cls_token"),
    ("position_embedding", "position_embeddings"),
    ("patch_embedding.", "patch_embeddings.projection."),
    ("attn.proj.", "attention.projection_layer."), ("attn.q_norm.", "attention.q_norm."),
    ("attn.k_norm.", "attention.k_norm."), (".norm1.", ".layernorm_before."),
    (".norm2.", ".layernorm_after."), (".ls1", ".lambda_1"), (".ls2", ".lambda_2"),
    ("mlp1.0.", "multi_modal_projector.layer_norm."),
    ("mlp1.1.", "multi_modal_projector.linear_1."), ("mlp1.3.", "multi_modal_projector.linear_2."),
  ]

  /// The tensors of a checkpoint under their new names, with q, k and v apart.
  private func renamed(_ checkpoint: CheckpointFolder, asModules: Bool) throws -> [TensorView] {
    try checkpoint.tensors.values.flatMap { stored -> [(String, TensorView)] in
      let view = try stored.view().contiguous()
      let name = Self.names.reduce(stored.name) { $0.replacing($1.0, with: $1.1) }
      guard let range = name.range(of: "attn.qkv.") else { return [(name, view)] }
      let rows = view.shape[0] / 3
      let bytes = view.byteCount / 3
      return ["q", "k", "v"].enumerated().map { index, part in
        let shape = [rows] + view.shape.dropFirst()
        return (
          name.replacingCharacters(in: range, with: "attention.\(part)_proj."),
          TensorView(name: name, file: view.file, type: view.type, shape: shape) {
            $0.copyMemory(from: view.pointer + index * bytes, byteCount: bytes)
          }
        )
      }
    }.map { name, view in
      let name = asModules ? Self.moduleName(name) : name
      return TensorView(name: name, file: view.file, type: view.type, shape: view.shape) {
        $0.copyMemory(from: view.pointer, byteCount: view.byteCount)
      }
    }
  }

  private static func moduleName(_ name: String) -> String {
    if name.hasPrefix("language_model.lm_head") {
      return name.replacing("language_model.", with: "")
    }
    return "model." + name.replacing("language_model.model.", with: "language_model.")
  }

  /// Rewrites a copy of a fixture.
  private func rewrite(_ name: String, asModules: Bool = false) throws -> EditedCheckpoint {
    let checkpoint = try EditedCheckpoint(copying: name)
    let tensors = try renamed(CheckpointFolder(checkpoint.folder), asModules: asModules)
    let file = checkpoint.beside("model.safetensors")
    let writer = try SafetensorsWriter(
      file, tensors: tensors.map { .init(name: $0.name, type: $0.type, shape: $0.shape) })
    for tensor in tensors {
      writer.memory(of: tensor.name).baseAddress?.copyMemory(
        from: tensor.pointer, byteCount: tensor.byteCount)
    }
    try writer.finish()
    let target = checkpoint.folder.appending(path: "model.safetensors")
    try FileManager.default.removeItem(at: target)
    try FileManager.default.moveItem(at: file, to: target)
    try checkpoint.edit("config.json") { $0 = Self.configuration($0) }
    return checkpoint
  }

  private static func configuration(_ old: [String: Any]) -> [String: Any] {
    var vision = old["vision_config"] as? [String: Any] ?? [:]
    for (name, newName) in [("qkv_bias", "attention_bias"), ("qk_normalization", "use_qk_norm")] {
      vision[newName] = vision.removeValue(forKey: name)
    }
    for name in ["image_size", "patch_size"] { vision[name] = [vision[name], vision[name]] }
    var text = old["llm_config"] as? [String: Any] ?? [:]
    text["architectures"] = nil
    text["model_type"] = "qwen2"
    return [
      "architectures": ["InternVLForConditionalGeneration"], "text_config": text,
      "vision_config": vision, "downsample_ratio": old["downsample_ratio"] ?? 0.5,
    ]
  }

  private func answer(_ folder: URL, images: [Image] = []) throws -> Reply {
    let model = try VisionLanguageModel(
      folder: folder, options: ModelOptions(precision: .exact, threads: 2))
    let messages = [
      Message(role: .system, content: "Be brief."), Message(role: .user, content: "What is it?"),
    ]
    return try Scheduler(model).reply(
      to: Conversation(messages: messages, images: images),
      options: GenerationOptions(maxTokens: 8))
  }

  @Test(
    "answer like the same weights in OpenGVLab's, whichever names they have",
    arguments: ["qwen2-bf16", "vit6b"], [false, true])
  func answers(name: String, asModules: Bool) throws {
    let picture = try Image(contentsOf: SharedFixtures.url("images/strip-3x1.png"))
    let expected = try answer(SharedFixtures.url("models/\(name)"), images: [picture])
    let checkpoint = try rewrite(name, asModules: asModules)
    let found = try answer(checkpoint.folder, images: [picture])
    #expect(found.promptTokenIDs == expected.promptTokenIDs)
    #expect(found.tiles == expected.tiles)
    #expect(found.tokenIDs == expected.tokenIDs)
  }

  @Test("the smallest and largest numbers of tiles are the processor's, in either file")
  func processor() throws {
    let checkpoint = try rewrite("qwen2-bf16")
    let side = try Configuration(folder: checkpoint.folder).tileSize
    let settings =
      #"{"min_patches": 1, "max_patches": 5, "size": {"height": \#(side), "width": \#(side)}}"#
    for (file, text) in [
      ("processor_config.json", #"{"image_processor": \#(settings)}"#),
      ("preprocessor_config.json", settings.replacing("5", with: "7")),
    ] {
      try Data(text.utf8).write(to: checkpoint.folder.appending(path: file))
      #expect(
        try Configuration(folder: checkpoint.folder).maximumTiles == (file.hasPrefix("pre") ? 7 : 5)
      )
    }
    try Data(#"{"size": {"height": 5, "width": 5}}"#.utf8)
      .write(to: checkpoint.folder.appending(path: "preprocessor_config.json"))
    #expect {
      try Configuration(folder: checkpoint.folder)
    } throws: {
      "\($0)".contains("preprocessor_config.json: size.height is 5; expected \(side)")
    }
  }

  @Test("an answer also ends where generation_config.json says")
  func stopTokens() throws {
    let checkpoint = try rewrite("qwen2-bf16")
    let free = try answer(checkpoint.folder).tokenIDs
    let third = try #require(free.dropFirst(2).first)
    for value in ["\(third)", "[\(third), 3]"] {
      try Data(#"{"eos_token_id": \#(value)}"#.utf8)
        .write(to: checkpoint.folder.appending(path: "generation_config.json"))
      let reply = try answer(checkpoint.folder)
      #expect(reply.tokenIDs == Array(free.prefix { $0 != third }))
      #expect(reply.finishReason == .stop)
    }
  }

  @Test("tensors of another layout than config.json's are refused by name")
  func otherLayout() throws {
    let checkpoint = try rewrite("qwen2-bf16")
    let weights = "model.safetensors"
    try FileManager.default.removeItem(at: checkpoint.folder.appending(path: weights))
    try FileManager.default.copyItem(
      at: SharedFixtures.url("models/qwen2-bf16/\(weights)"),
      to: checkpoint.folder.appending(path: weights))
    #expect {
      try answer(checkpoint.folder)
    } throws: {
      "\($0)".contains("'vision_model.embeddings.class_embedding', but config.json says")
    }
  }

  @Test("a folder with tensors of both layouts is refused with both files")
  func twoLayouts() throws {
    let checkpoint = try rewrite("qwen2-bf16")
    let files = ["theirs.safetensors", "ours.safetensors"]
    let weights = checkpoint.folder.appending(path: "model.safetensors")
    try FileManager.default.moveItem(at: weights, to: checkpoint.folder.appending(path: files[0]))
    try FileManager.default.copyItem(
      at: SharedFixtures.url("models/qwen2-bf16/model.safetensors"),
      to: checkpoint.folder.appending(path: files[1]))
    var map: [String: String] = [:]
    for file in files {
      let url = checkpoint.folder.appending(path: file)
      for name in try SafetensorsFile(url).tensors.keys { map[name] = file }
    }
    try JSONEncoder().encode(["weight_map": map])
      .write(to: checkpoint.folder.appending(path: "model.safetensors.index.json"))
    #expect {
      try answer(checkpoint.folder)
    } throws: { error in
      "\(error)".contains("two checkpoints") && files.allSatisfy { "\(error)".contains($0) }
    }
  }
}
