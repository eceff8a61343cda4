import Checkpoint
import Foundation
import Kernels
import TestSupport
import Testing

@testable import InternVL

@Suite("LoRA adapters", .enabled(if: SharedFixtures.present))
struct AdapterTests {
  private let folder = SharedFixtures.url("models/qwen2-bf16")
  private let temporary: TemporaryFolder
  private let module = "language_model.model.layers.0.mlp.down_proj"

  init() throws { temporary = try TemporaryFolder() }

  /// Writes an adapter whose tensors hold one value each.
  private func write(
    _ tensors: [String: (shape: [Int], value: Float)],
    _ settings: String = #""lora_alpha": 4, "r": 2"#
  ) throws {
    try temporary.write(
      #"{"peft_type": "LORA", \#(settings)}"#, to: "adapter_config.json")
    let names = tensors.keys.sorted()
    let writer = try SafetensorsWriter(
      temporary.url.appending(path: "adapter_model.safetensors"),
      tensors: names.compactMap { name in
        tensors[name].map { .init(name: name, type: .float32, shape: $0.shape) }
      })
    for name in names {
      writer.memory(of: name).bindMemory(to: Float.self).update(
        repeating: tensors[name]?.value ?? 0)
    }
    try writer.finish()
  }

  private func tokens(
    of folder: URL? = nil, adapter: Bool = true, precision: Precision = .exact
  ) throws -> [Int32] {
    let model = try VisionLanguageModel(
      folder: folder ?? self.folder,
      options: ModelOptions(
        precision: precision, threads: 2, adapter: adapter ? temporary.url : nil))
    let question = Message(role: .user, content: "Hello")
    return try Scheduler(model).reply(
      to: Conversation(messages: [question]), options: GenerationOptions(maxTokens: 8)
    ).tokenIDs
  }

  private func pair(
    of module: String, in folder: URL? = nil, value: Float, rank: Int = 2
  ) throws -> [String: (shape: [Int], value: Float)] {
    let language = try Configuration(folder: folder ?? self.folder).language
    return [
      "base_model.model.\(module).lora_A.weight": ([rank, language.intermediate], value),
      "base_model.model.\(module).lora_B.weight": ([language.hidden, rank], value),
    ]
  }

  @Test("one that adds nothing changes nothing", arguments: Precision.allCases)
  func zero(precision: Precision) throws {
    try write(pair(of: module, value: 0))
    let without = try tokens(adapter: false, precision: precision)
    #expect(try tokens(precision: precision) == without)
  }

  @Test("one that adds something changes answers, by either name of a module")
  func changes() throws {
    try write(pair(of: module, value: 0.5))
    let changed = try tokens()
    #expect(try changed != tokens(adapter: false))
    try write(pair(of: "model.language_model.layers.0.mlp.down_proj", value: 0.5))
    #expect(try tokens() == changed)
  }

  @Test("beside 4 bits, one that adds nothing changes nothing", arguments: Precision.allCases)
  func zeroBeside(precision: Precision) throws {
    let awq = SharedFixtures.url("models/qwen2-awq")
    try write(pair(of: module, in: awq, value: 0))
    let without = try tokens(of: awq, adapter: false, precision: precision)
    #expect(try tokens(of: awq, precision: precision) == without)
  }

  @Test(
    "beside 4 bits, one answers as if merged into the same weights",
    arguments: ["mlp.down_proj", "self_attn.o_proj", "mlp.up_proj", "self_attn.k_proj"])
  func beside(name: String) throws {
    let awq = SharedFixtures.url("models/qwen2-awq")
    let language = try Configuration(folder: awq).language
    let keys = language.keyValueHeads * language.headWidth
    let (outputs, inputs) =
      switch name {
      case "mlp.down_proj": (language.hidden, language.intermediate)
      case "mlp.up_proj": (language.intermediate, language.hidden)
      case "self_attn.k_proj": (keys, language.hidden)
      default: (language.hidden, language.heads * language.headWidth)
      }
    let module = "model.language_model.layers.0.\(name)"
    try write([
      "base_model.model.\(module).lora_A.weight": ([2, inputs], 0.05),
      "base_model.model.\(module).lora_B.weight": ([outputs, 2], 0.5),
    ])
    let changed = try tokens(of: awq)
    // Groups that the kernels do not have are unpacked, so that the adapter is merged.
    let merged = try PackQuantized.rewrite(repeats: 4)
    #expect(try tokens(of: merged.folder) == changed)
    let (with, without) = (
      try tokens(of: awq, precision: .fast), try tokens(of: awq, adapter: false, precision: .fast)
    )
    #expect(with != without)
    if name == "mlp.down_proj" { #expect(try tokens(of: awq, adapter: false) != changed) }
  }

  @Test("beside 4 bits, it is part of the planned memory")
  func planned() throws {
    try write(pair(of: module, value: 0))
    func weights(_ name: String, adapter: URL?) throws -> Int {
      let folder = SharedFixtures.url("models/\(name)")
      return try ModelPlan(Configuration(folder: folder))
        .memory(ModelOptions(adapter: adapter)).weightBytes
    }
    let language = try Configuration(folder: folder).language
    let floats = 2 * (language.intermediate + language.hidden)
    #expect(
      try weights("qwen2-awq", adapter: temporary.url)
        == weights("qwen2-awq", adapter: nil) + 4 * floats)
    #expect(
      try weights("qwen2-bf16", adapter: temporary.url) == weights("qwen2-bf16", adapter: nil))
  }

  @Test("one that replaces a weight in 4 bits is refused by the module's name")
  func replaced() throws {
    let language = try Configuration(folder: folder).language
    try write([
      "base_model.model.\(module).weight": ([language.hidden, language.intermediate], 0)
    ])
    #expect {
      try tokens(of: SharedFixtures.url("models/qwen2-awq"))
    } throws: {
      "\($0)".contains("it replaces '\(module)', which the checkpoint stores in 4 bits")
    }
  }

  private func fault() -> AdapterFault? {
    do {
      _ = try tokens()
      return nil
    } catch InternVLError.adapter(_, let fault) {
      return fault
    } catch {
      return nil
    }
  }

  @Test("half of one is refused by the module's name")
  func half() throws {
    var tensors = try pair(of: module, value: 0)
    tensors["base_model.model.\(module).lora_B.weight"] = nil
    try write(tensors)
    #expect(fault() == .half(module: module))
  }

  @Test("two tensors for one place are refused")
  func duplicate() throws {
    var tensors = try pair(of: module, value: 0)
    tensors["\(module).lora_A.weight"] = tensors["base_model.model.\(module).lora_A.weight"]
    try write(tensors)
    #expect(fault() == .duplicate(tensor: "\(module).lora_A.weight"))
  }

  @Test("what the checkpoint does not have is named")
  func unknown() throws {
    try write(pair(of: "language_model.model.layers.99.mlp.down_proj", value: 0))
    #expect(fault() == .unknownModules(["language_model.model.layers.99.mlp.down_proj"]))
    try write(["base_model.model.score.weight": ([1, 1], 0)])
    #expect(fault() == .unknownModules(["score.weight"]))
  }

  @Test("one of another size is refused with both shapes")
  func wrongShape() throws {
    try write([
      "base_model.model.\(module).lora_A.weight": ([2, 3], 0),
      "base_model.model.\(module).lora_B.weight": ([5, 2], 0),
    ])
    guard case .wrongShape(module, adapter: [5, 3], stored: _) = fault() else {
      Issue.record("\(String(describing: fault()))")
      return
    }
  }

  @Test("kinds that are not built are refused by their keys")
  func kinds() throws {
    try write(pair(of: module, value: 0), #""lora_alpha": 4, "r": 2, "use_dora": true"#)
    #expect { try tokens() } throws: { "\($0)".contains("use_dora is true; expected false") }
    try write(["base_model.model.\(module).lora_magnitude_vector": ([1], 0)])
    #expect(
      fault() == .unsupported(tensor: "base_model.model.\(module).lora_magnitude_vector"))
  }

  @Test("without its weights it is refused")
  func noWeights() throws {
    try temporary.write(#"{"peft_type": "LORA", "lora_alpha": 4}"#, to: "adapter_config.json")
    #expect(fault() == .noWeights)
  }

  @Test("numbers are rounded to bfloat16 like the hardware does")
  func rounding() {
    #expect(Float(1).roundedToBrain16 == 0x3F80)
    #expect(Float(bitPattern: 0x3F80_8000).roundedToBrain16 == 0x3F80)
    #expect(Float(bitPattern: 0x3F81_8000).roundedToBrain16 == 0x3F82)
    #expect(Float(bitPattern: 0x3F80_8001).roundedToBrain16 == 0x3F81)
    #expect(Float.infinity.roundedToBrain16 == 0x7F80)
    #expect(Float.nan.roundedToBrain16 == 0x7FC0)
  }
}
