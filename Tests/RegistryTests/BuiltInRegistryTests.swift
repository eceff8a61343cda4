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

  @Test("the demo model is a family of its own, in a folder of the program")
  func demo() throws {
    let family = try #require(try Registry.builtIn().families.last)
    #expect(family.name == "InternVL3-Demo")
    #expect(family.specs.map(\.source) == [.folder("demo/model", base: nil)])
  }

  /// The sizes are published or computed from published configurations; see the model pages of
  /// OpenGVLab and the InternVL documentation.
  @Test(
    "download sizes agree with the published repositories",
    arguments: [
      ("InternVL3-1B", 1.876), ("InternVL3-2B", 4.178), ("InternVL3-8B", 15.889),
      ("InternVL3-9B", 18.284), ("InternVL3-14B", 30.235), ("InternVL3-38B", 76.776),
      ("InternVL3-78B", 156.817), ("InternVL3-1B-AWQ", 1.347), ("InternVL3-2B-AWQ", 2.238),
      ("InternVL3-8B-AWQ", 6.228), ("InternVL3-9B-AWQ", 6.809), ("InternVL3-14B-AWQ", 10.674),
      ("InternVL3-38B-AWQ", 30.577), ("InternVL3-78B-AWQ", 52.869),
    ])
  func downloadSizes(name: String, gigabytes: Double) throws {
    let spec = try spec(name)
    let bytes = try #require(spec.shape).checkpointBytes(spec.format)
    #expect(abs(Double(bytes) / 1e9 - gigabytes) < 0.0006)
  }

  @Test(
    "parameter totals agree with the InternVL documentation",
    arguments: [(1, 0.9), (2, 2.1), (8, 7.9), (9, 9.1), (14, 15.1), (38, 38.4), (78, 78.4)])
  func parameters(size: Int, billions: Double) throws {
    let shape = try #require(try spec("InternVL3-\(size)B").shape)
    #expect(abs(Double(shape.weightCounts.total) / 1e9 - billions) < 0.05)
  }

  private func spec(_ name: String) throws -> ModelSpec {
    try #require(try Registry.builtIn().families[0].specs.first { $0.name == name })
  }
}
