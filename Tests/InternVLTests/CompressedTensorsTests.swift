import Foundation
import TestSupport
import Testing

@testable import InternVL

@Suite("Checkpoints of compressed-tensors", .enabled(if: SharedFixtures.present))
struct CompressedTensorsTests {
  private func answer(
    _ folder: URL, precision: Precision, packedWeights: URL? = nil
  ) throws -> [Int32] {
    let model = try VisionLanguageModel(
      folder: folder,
      options: ModelOptions(precision: precision, threads: 2, packedWeights: packedWeights))
    let question = Message(role: .user, content: "Hello")
    return try Scheduler(model).reply(
      to: Conversation(messages: [question]), options: GenerationOptions(maxTokens: 8)
    ).tokenIDs
  }

  @Test("answer like the same codes in AWQ", arguments: Precision.allCases)
  func answers(precision: Precision) throws {
    let expected = try answer(SharedFixtures.url("models/qwen2-awq"), precision: precision)
    let checkpoint = try PackQuantized.rewrite()
    #expect(try answer(checkpoint.folder, precision: precision) == expected)
    let packed = checkpoint.beside("packed")
    for _ in 0..<2 {
      #expect(
        try answer(checkpoint.folder, precision: precision, packedWeights: packed) == expected)
    }
  }

  @Test("groups that the kernels do not have are unpacked exactly", arguments: [2, 4])
  func smallGroups(repeats: Int) throws {
    let expected = try answer(SharedFixtures.url("models/qwen2-awq"), precision: .exact)
    let checkpoint = try PackQuantized.rewrite(repeats: repeats)
    #expect(try answer(checkpoint.folder, precision: .exact) == expected)
    #expect(try !answer(checkpoint.folder, precision: .fast).isEmpty)
  }

  @Test("the memory that is planned for them is what codes and floats take")
  func plan() throws {
    func weights(_ repeats: Int, _ arithmetic: Arithmetic) throws -> Int {
      let checkpoint = try PackQuantized.rewrite(repeats: repeats)
      return try ModelPlan(Configuration(folder: checkpoint.folder)).residentBytes(arithmetic)
    }
    let awq = try Configuration(folder: SharedFixtures.url("models/qwen2-awq"))
    let edited = try EditedCheckpoint(copying: "qwen2-awq")
    try edited.editLanguage { $0["quantization_config"] = nil }
    let floats = try Configuration(folder: edited.folder)
    for arithmetic in [Arithmetic.float, .int8] {
      #expect(try weights(1, arithmetic) == ModelPlan(awq).residentBytes(arithmetic))
    }
    #expect(try weights(4, .int8) == ModelPlan(floats).residentBytes(.int8))
  }

  @Test(
    "what is not built is refused by its key",
    arguments: [
      ("actorder", "group", "actorder is \"group\"; expected null or static"),
      ("num_bits", "8", "num_bits is 8; expected 4"),
      ("strategy", "tensor", "strategy is \"tensor\"; expected group or channel"),
      ("type", "float", "type is \"float\"; expected int"),
    ])
  func refused(key: String, value: String, message: String) throws {
    let checkpoint = try PackQuantized.rewrite { $0[key] = Int(value).map { $0 as Any } ?? value }
    #expect { try answer(checkpoint.folder, precision: .exact) } throws: {
      "\($0)".contains(message)
    }
  }

  @Test("other formats of the library are refused, and what to take instead is said")
  func otherFormat() throws {
    let checkpoint = try PackQuantized.rewrite()
    try checkpoint.edit("config.json") {
      var settings = $0["quantization_config"] as? [String: Any] ?? [:]
      settings["format"] = "float-quantized"
      $0["quantization_config"] = settings
    }
    #expect { try answer(checkpoint.folder, precision: .exact) } throws: {
      "\($0)".contains(
        "format is \"float-quantized\"; expected pack-quantized; take the model's AWQ checkpoint")
    }
  }

  @Test("settings that the tensors contradict are an error that names one")
  func contradiction() throws {
    let checkpoint = try PackQuantized.rewrite { $0["group_size"] = 64 }
    #expect { try answer(checkpoint.folder, precision: .exact) } throws: {
      "\($0)".contains(".weight_scale' has the shape")
    }
  }
}
