import Testing

@testable import Registry

@Suite("The built-in registry")
struct BuiltInRegistryTests {
  @Test("the InternVL3 family has exactly its 14 specs")
  func specs() throws {
    let family = try #require(try Registry.builtIn().families.first)
    #expect(family.name == "InternVL3")
    #expect(family.contextLength == 8192)
    #expect(family.languages == ["en", "zh"])
    #expect(family.abilities == ["chat", "vision"])
    #expect(!family.summary.isEmpty)
    var expected: [String] = []
    for size in [1, 2, 8, 9, 14, 38, 78] {
      expected.append("InternVL3-\(size)B (size \(size), format pytorch, quantization none)")
      expected.append("InternVL3-\(size)B-AWQ (size \(size), format awq, quantization Int4)")
    }
    #expect(family.specs.map(\.line) == expected)
    for spec in family.specs {
      let id = "OpenGVLab/\(spec.name)"
      #expect(spec.hubModel(.huggingface) == HubModel(id: id, revision: nil))
      #expect(spec.hubModel(.modelscope) == HubModel(id: id, revision: "master"))
    }
  }

  @Test("a later family has its repositories on both hubs", arguments: ["", "-Instruct", "-MPO"])
  func internVL35(stage: String) throws {
    let family = try #require(
      try Registry.builtIn().families.first { $0.name == "InternVL3.5\(stage)" })
    let ids = [1, 2, 4, 8, 14, 38].map { "OpenGVLab/InternVL3_5-\($0)B\(stage)" }
    #expect(family.specs.map { $0.hubModel(.huggingface)?.id } == ids)
    #expect(family.specs.map { $0.hubModel(.modelscope)?.id } == ids)
    #expect(family.specs.allSatisfy { $0.shape?.language.layout == .qwen3 })
  }

  @Test("the demo model is a family of its own, in a folder of the program")
  func demo() throws {
    let family = try #require(try Registry.builtIn().families.last)
    #expect(family.name == "InternVL3-Demo")
    #expect(family.specs.map(\.source) == [.folder("demo/model", base: nil)])
  }
}
